#!/bin/sh
# Tests of the API from outside, with the built program: QUDAO_BIN=build/qudao tests/api/run.sh
# All suites run on a SQLite file and again on PostgreSQL, where that is installed.
set -u
cd "$(dirname "$0")" || exit 1
command -v node >/dev/null || { echo "no node: the API is not tested"; echo "0 passed, 0 failed"; exit 0; }
export QUDAO_BIN="${QUDAO_BIN:-../../build/qudao}"
passed=0 failed=0

run() {
  out=$(QUDAO_TEST_DB=$1 node --test --test-reporter=tap ./*.test.mjs 2>&1)
  code=$?
  echo "$out" | grep -E '^ *not ok|^ *(error|expected|actual|operator|stack):' | head -n 80
  p=$(echo "$out" | sed -n 's/^# pass //p')
  f=$(echo "$out" | sed -n 's/^# fail //p')
  [ $code = 0 ] || [ "${f:-0}" != 0 ] || { echo "$out" | tail -n 30; f=1; }
  echo "$1: ${p:-0} passed, ${f:-1} failed"
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-1}))
}

run sqlite
if ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
  run postgresql
else
  echo "PostgreSQL is not installed: its half of the tests is skipped"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
