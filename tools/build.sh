#!/bin/sh
# Configures a build folder once and builds it: build.sh FOLDER [meson options]
set -eu
cd "$(dirname "$0")/.."
folder=$1
shift
[ -f "$folder/build.ninja" ] || meson setup "$folder" "$@" >/dev/null
ninja -C "$folder" | tail -n 3
