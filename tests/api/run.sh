#!/bin/sh
# Tests of the API from outside, with the built program: QUDAO_BIN=build/qudao tests/api/run.sh
set -u
cd "$(dirname "$0")"
command -v node >/dev/null || { echo "no node: the API is not tested"; echo "0 passed, 0 failed"; exit 0; }
export QUDAO_BIN="${QUDAO_BIN:-../../build/qudao}"
out=$(node --test --test-reporter=tap ./*.test.mjs 2>&1)
code=$?
echo "$out" | grep -E '^ *not ok|^ *(error|expected|actual|operator|stack):' | head -n 80
passed=$(echo "$out" | sed -n 's/^# pass //p')
failed=$(echo "$out" | sed -n 's/^# fail //p')
[ $code = 0 ] || [ "${failed:-0}" != 0 ] || { echo "$out" | tail -n 30; failed=1; }
echo "${passed:-0} passed, ${failed:-1} failed"
[ "${failed:-1}" = 0 ]
