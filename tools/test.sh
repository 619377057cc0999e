#!/bin/sh
# Runs every test and ends with one line: N passed, N failed.  test.sh FOLDER [factor]: how much longer tests may take, under sanitizers
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
log=$build/meson-logs/testlog.txt
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 TSAN_OPTIONS=halt_on_error=0
rm -f "$log"
meson test -C "$build" --no-rebuild --print-errorlogs --timeout-multiplier "${2:-1}"
passed=$(awk '/^Ok:/ { n += $NF } END { print n + 0 }' "$log" 2>/dev/null || echo 0)
failed=$(awk '/^(Fail|Timeout|Unexpected Pass):/ { n += $NF } END { print n + 0 }' "$log" 2>/dev/null || echo 0)
[ "$passed" != 0 ] || failed=$((failed + 1))      # nothing ran
for suite in tests/*/run.sh; do
    [ -x "$suite" ] || continue
    echo "== $suite"
    if out=$(QUDAO_BIN="$PWD/$build/qudao" "$suite" 2>&1); then :; else echo "$out" | tail -n 60; fi
    line=$(echo "$out" | grep -E '^[0-9]+ passed, [0-9]+ failed' | tail -n 1)
    echo "${line:-0 passed, 1 failed}"
    passed=$((passed + $(echo "${line:-0 passed, 1 failed}" | sed 's/ passed.*//')))
    failed=$((failed + $(echo "${line:-0 passed, 1 failed}" | sed 's/.*, \([0-9]*\) failed.*/\1/')))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
