#!/bin/sh
# Configures a build folder once and builds it: build.sh FOLDER [meson options].  Says little when all is well, what is wrong otherwise.
set -eu
cd "$(dirname "$0")/.."
folder=$1
shift
[ -f "$folder/build.ninja" ] || meson setup "$folder" "$@" >/dev/null || { rm -rf "$folder"; exit 1; }
said=$(ninja -C "$folder" 2>&1) || {
    echo "$said" | grep -v '^\[' | tail -n 60
    echo "the build failed"
    exit 1
}
echo "$said" | tail -n 1
