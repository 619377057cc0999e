#!/bin/sh
# Static checks: cppcheck over the server, shellcheck over the scripts.  Says nothing and ends with 0 when all is well.
set -eu
cd "$(dirname "$0")/.."
cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --suppressions-list=tools/cppcheck.txt --error-exitcode=1 -Iserver server
# shellcheck disable=SC2046
shellcheck $(git ls-files '*.sh' .ci/run)
