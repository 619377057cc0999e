#!/bin/sh
# Runs each fuzz target for a while: fuzz.sh FOLDER [seconds each]
set -eu
cd "$(dirname "$0")/.."
build=$1
seconds=${2:-60}
for target in "$build"/*_fuzz; do
    [ -x "$target" ] || continue
    echo "== $(basename "$target")"
    mkdir -p "$build/corpus/$(basename "$target")"
    "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=512 "$build/corpus/$(basename "$target")" 2>&1 | tail -n 3
done
