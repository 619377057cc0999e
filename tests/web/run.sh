#!/bin/sh
# Tests of the web client: types, lint, units, and its pages in Chromium against the built program:
# QUDAO_BIN=build/qudao tests/web/run.sh [part of the name of a file of page tests]
set -u
cd "$(dirname "$0")/../../web" || exit 1
[ -x ../build-node/node_modules/.bin/node ] && PATH="$PWD/../build-node/node_modules/.bin:$PATH"
QUDAO_BIN=$(realpath "${QUDAO_BIN:-../build/qudao}")
export PATH QUDAO_BIN
if ! command -v node >/dev/null || [ ! -d node_modules ]; then
  echo "no node or no packages of the client: it is not tested"
  echo "0 passed, 0 failed"
  exit 0
fi
passed=0 failed=0

# One check that has no count of its own
check() {
  if out=$("$@" 2>&1); then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "failed: $*"
    echo "$out" | tail -n 40
  fi
}
# name, exit code, output, passed, failed; what ends badly without a count is one failure
count() {
  p=${4:-0} f=${5:-0}
  [ "$2" = 0 ] || [ "$f" != 0 ] || f=1
  [ "$f" = 0 ] || echo "$3" | grep -vE '^ok |duration_ms|^ *(---|\.\.\.)$|^# Subtest' | tail -n 80
  echo "$1: $p passed, $f failed"
  passed=$((passed + p)) failed=$((failed + f))
}

check node_modules/.bin/tsc -p .
check node_modules/.bin/biome check --error-on-warnings .

out=$(NO_COLOR=1 node_modules/.bin/vitest run --reporter=tap-flat 2>&1)
count units $? "$out" "$(echo "$out" | grep -c '^ok ')" "$(echo "$out" | grep -c '^not ok ')"

if command -v "${CHROMIUM:-chromium}" >/dev/null; then
  out=$(node tests/e2e/run.mjs "$@" 2>&1)
  count pages $? "$out" "$(echo "$out" | sed -n 's/^# pass //p')" "$(echo "$out" | sed -n 's/^# fail //p')"
else
  echo "no chromium: the pages are not tested"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
