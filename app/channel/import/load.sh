#!/bin/sh
# Loads a public data set into the shipped modules, file by file in the order of the mappings.
#   load.sh SET CSV_FOLDER DATA [qudao]      SET: adventureworksdw, adventureworks or northwind
# A second run finds every record by its key and changes nothing.
set -eu
[ $# -ge 3 ] || { echo "usage: $0 SET CSV_FOLDER DATA [qudao]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)/$1 csv=$2 data=$3 qudao=${4:-qudao}
word() { sed -n "s/^# $1: //p" "$2"; }
for map in "$here"/*.map; do
    file=$(word file "$map")
    [ -f "$here/$file" ] && from=$here/$file || from=$csv/$file
    echo "$(basename "$map" .map): $file" >&2
    "$qudao" import --data "$data" --module "$(word module "$map")" --key "$(word key "$map")" \
        --map "$(sed '/^#/d' "$map" | tr -d '\n')" "$from"
done
