#!/bin/sh
# bench/run.sh BUILD [SECONDS]: how fast Qudao is, beside what this machine can do at most, in one run.
#
# Starts the server on a fresh workspace with 100,000 order lines, drives it with wrk over 16 connections, and runs the same
# work without Qudao (bench/limit.c): a bare epoll answer of the same size, the same statements on a copy of the same SQLite
# file.  The two take turns, so that both meet the same machine.
set -eu
build=$1 seconds=${2:-8}
here=$(cd "$(dirname "$0")" && pwd)
ninja -C "$build" bench/limit qudao >/dev/null
qudao=$build/qudao limit=$build/bench/limit
dir=$(mktemp -d "${TMPDIR:-/tmp}/qudao-bench.XXXXXX")
port=18091 bare_port=18092
pids=
trap 'kill $pids 2>/dev/null || true; wait 2>/dev/null; rm -rf "$dir"' EXIT INT TERM

now() { date +%s.%N; }
since() { echo "$1 $(now)" | awk '{ printf "%.3f", $2 - $1 }'; }
figure() { echo "$1" | tr ' ' '\n' | sed -n "s/^$2=//p" | head -1; }
db() { sqlite3 "$dir/data/qudao.db" "$1"; }
# column MODULE FIELD: its column in the table, from the view that BI tools read
column() { db "SELECT sql FROM sqlite_master WHERE name = 'v_$1'" | sed -n "s/.* \(t\.[a-z0-9_]*\)[^,]* AS \"$2\".*/\1/p"; }
table() { db "SELECT sql FROM sqlite_master WHERE name = 'v_$1'" | sed -n 's/.* FROM \(m[0-9]*\) t .*/\1/p'; }

row() {     # row WHAT OURS BARE AIM
    ours=$(figure "$2" per_second) bare=$(figure "$3" per_second)
    [ "$(figure "$2" errors)" = 0 ] || { echo "$1: errors: $2" >&2; exit 1; }
    printf '| %-34s | %8s | %7s | %7s | %8s | %7s | %7s | %5s | %4s |\n' "$1" "$ours" "$(figure "$2" p50_ms)" "$(figure "$2" p99_ms)" "$bare" \
        "$(figure "$3" p50_ms)" "$(figure "$3" p99_ms)" "$(echo "$ours $bare" | awk '{ printf "%.2f", $1 / $2 }')" "$4"
}

drive() {   # drive PORT: the environment says what is called
    wrk -t1 -c16 -d"${seconds}s" -s "$here/wrk.lua" "http://127.0.0.1:$1/" | tail -1
}

# ---- the workspace ----
awk -v n=100000 -v dir="$dir" -f "$here/data.awk"
echo bench-password-1 > "$dir/pw"
"$qudao" init --data "$dir/data" --email bench@example.com --password-file "$dir/pw" --locale en >/dev/null
load() {
    t=$(now)
    "$qudao" import --data "$dir/data" --module "$1" --key "$2" "$dir/$1.csv" >/dev/null 2>"$dir/log" || { cat "$dir/log" >&2; exit 1; }
    t=$(since "$t")
    printf '| import %-27s | %8s | rows/s |\n' "$1" "$(awk -v t="$t" 'END { printf "%.0f", (NR - 1) / t }' "$dir/$1.csv")"
}
echo "## Import of CSV files (aim: 50,000 rows/s)"
load partner code; load product code; load order number; load order_line line_key

# ---- start and memory ----
t=$(now)
"$qudao" serve --data "$dir/data" --listen 127.0.0.1:$port >"$dir/server.log" 2>&1 &
server=$!
pids="$pids $server"
until curl -fs "http://127.0.0.1:$port/health" >/dev/null 2>&1; do sleep 0.005; done
start=$(since "$t")
TOKEN=$("$qudao" token --data "$dir/data" --email bench@example.com --name bench)
export TOKEN

# ---- what is asked, and the same without Qudao ----
line=$(table order_line) order=$(table order) product=$(table product) promotion=$(table promotion) user=$(table user)
LEAST=$(db "SELECT min(id) FROM $line") MOST=$(db "SELECT max(id) FROM $line")
export LEAST MOST
columns=$(db "SELECT group_concat('t.' || name) FROM pragma_table_info('$line')")
name() { column "$1" "$2" | sed 's/^t\.//'; }
bare_page="SELECT $columns, o.$(name order number), p.$(name product name), x.$(name promotion name), a.$(name user name), b.$(name user name), c.$(name user name)
 FROM $line t LEFT JOIN $order o ON o.id = $(column order_line order) LEFT JOIN $product p ON p.id = $(column order_line product)
 LEFT JOIN $promotion x ON x.id = $(column order_line promotion) LEFT JOIN $user a ON a.id = t.created_by LEFT JOIN $user b ON b.id = t.updated_by
 LEFT JOIN $user c ON c.id = t.owner"
first=$(db "SELECT min(id) FROM $product")

answer=$(curl -fs -H "Authorization: Bearer $TOKEN" "http://127.0.0.1:$port/api/v1/records/order_line/$LEAST" | wc -c)
"$limit" http $bare_port "$answer" 1 &
pids="$pids $!"

echo
echo "## Calls, 16 connections, $seconds s each; bare: the same without Qudao"
echo "| call                               |    per s |  p50 ms |  p99 ms |   bare/s |  p50 ms |  p99 ms | ratio |  aim |"
echo "| ---------------------------------- | -------- | ------- | ------- | -------- | ------- | ------- | ----- | ---- |"
read_ours=$(CALL="read" drive $port)
read_bare=$(CALL="read" drive $bare_port)
row "read by id" "$read_ours" "$read_bare" 0.4

page() {    # page WHAT WHERE-OF-THE-URL SQL-CONDITION
    one=$(CALL="page" SPREAD=500 PAGE="/api/v1/records/order_line?$2" drive $port)
    bare=$("$limit" query "$dir/data/qudao.db" "$bare_page WHERE $3 LIMIT 51" 16 "$seconds")
    row "$1" "$one" "$bare" 0.5
}
page "page of 50: of one product, by amount" "where=product%3D$first&sort=-amount" \
    "t.deleted_at IS NULL AND $(column order_line product) = $first ORDER BY $(column order_line amount) DESC, t.id"
page "page of 50: quantity, by amount" "where=quantity%3E39&sort=-amount" \
    "t.deleted_at IS NULL AND $(column order_line quantity) > 3900 ORDER BY $(column order_line amount) DESC, t.id"

# the same rows with their history, their search text and the stamp of the bearer token, by writers that share commits
contact=$(table contact) partner=$(table partner)
LEAST=$(db "SELECT min(id) FROM $partner") MOST=$(db "SELECT max(id) FROM $partner")
sqlite3 "$dir/data/qudao.db" ".backup $dir/bare.db"
create_ours=$(CALL="create" drive $port)
cat > "$dir/bare.sql" <<SQL
INSERT INTO $contact (version, created_at, created_by, updated_at, updated_by, owner, $(name contact name), $(name contact partner), $(name contact title), $(name contact mobile), $(name contact active)) VALUES (1, 1, 1, 1, 1, 1, '李思远' || ?2, $LEAST + ?2 % 200, '采购经理', 13800000000 + ?2, 1)
INSERT INTO q_search (module, record, field, body) VALUES (1, last_insert_rowid(), ?1 * 10 + 1, '李思远' || ?2 || ' lsy' || ?2)
INSERT INTO q_search (module, record, field, body) SELECT module, record, field + 1, '采购经理 cgjl' FROM q_search WHERE rowid = last_insert_rowid()
INSERT INTO q_search (module, record, field, body) SELECT module, record, field + 1, 13800000000 + ?2 FROM q_search WHERE rowid = last_insert_rowid()
INSERT INTO q_change (at, module, record, version, op, actor, way) VALUES (1, 1, (SELECT max(id) FROM $contact), 1, 'create', 1, 'api')
SQL
create_bare=$("$limit" write "$dir/bare.db" 16 "$seconds" "$dir/bare.sql")
row "durable create of a contact" "$create_ours" "$create_bare" 0.5

echo
echo "## Start and memory"
printf '| start to first answer      | %8s s  | aim 0.3 |\n' "$start"
printf '| resident after the calls   | %8s MB | aim 60  |\n' "$(awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' /proc/$server/status)"
printf '| resident at most           | %8s MB |         |\n' "$(awk '/VmHWM/ { printf "%.1f", $2 / 1024 }' /proc/$server/status)"
printf '| program                    | %8s MB |         |\n' "$(wc -c < "$qudao" | awk '{ printf "%.1f", $1 / 1048576 }')"
