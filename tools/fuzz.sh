#!/bin/sh
# Runs each fuzz target for a while: fuzz.sh FOLDER [seconds each] [targets …].  The corpus starts from tests/fuzz/NAME.seeds (inputs between
# lines of ----; of http_* with CR LF) and the public suites where they are, and is kept in FOLDER/corpus.  Ends with 1 when something was found.
set -eu
cd "$(dirname "$0")/.."
build=$1
seconds=${2:-30}
if [ $# -gt 2 ]; then shift 2; else shift $#; fi
suites=${QUDAO_SHARED:-../shared}/data/suites
found=0

split_seeds() {     # file, folder
    case $2 in */http_*_fuzz) end='\r\n' ;; *) end='\n' ;; esac
    awk -v to="$2/seed-" -v end="$end" 'BEGIN { n = 1 } $0 == "----" { close(to n); n++; next } { printf "%s%s", $0, end > (to n) }' "$1"
}

seed() {            # name, folder
    [ ! -f "tests/fuzz/$1.seeds" ] || split_seeds "tests/fuzz/$1.seeds" "$2"
    case $1 in
        csv) [ ! -d "$suites/csv/csvs" ] || cp "$suites"/csv/csvs/* "$2" ;;
        expr) [ ! -f "$suites/formula/cases.tsv" ] ||
            awk -F '\t' -v to="$2/case-" 'NR > 1 && length($3) < 2000 { printf "%s", substr($3, 2) > (to NR); close(to NR) }' "$suites/formula/cases.tsv" ;;
        dec) [ ! -f "$suites/decimal/decimal_core.tsv" ] ||
            awk -F '\t' -v to="$2/case-" 'NR % 40 == 2 { printf "%s", $0 > (to NR); close(to NR) }' "$suites/decimal/decimal_core.tsv" ;;
    esac
}

for target in "$build"/*_fuzz; do
    name=$(basename "$target" _fuzz)
    [ -x "$target" ] || continue
    [ $# = 0 ] || case " $* " in *" $name "*) ;; *) continue ;; esac
    corpus=$build/corpus/${name}_fuzz
    mkdir -p "$corpus"
    seed "$name" "$corpus"
    dict=
    [ ! -f "tests/fuzz/$name.dict" ] || dict=-dict=tests/fuzz/$name.dict
    log=$build/$name.fuzz.log
    # shellcheck disable=SC2086
    if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -artifact_prefix="$build/$name-" -print_final_stats=1 $dict "$corpus" >"$log" 2>&1; then
        awk -v name="$name" '/number_of_executed_units/ { runs = $2 } / cov: / { cov = $0; sub(/.*cov: /, "", cov); sub(/ .*/, "", cov) }
            END { printf "%-16s %9d runs, %6d places, nothing found\n", name, runs, cov }' "$log"
    else
        found=1
        echo "$name: found something, see $log"
        grep -E 'ERROR|SUMMARY|CHECK|check|runtime error|Test unit written' "$log" | head -n 6
    fi
done
exit $found
