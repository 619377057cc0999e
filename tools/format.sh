#!/bin/sh
# What of the house's form a program can keep: no blanks at the ends of lines, no carriage returns, one newline at the end of a file, spaces
# and no tabs in C.  Lines are broken and columns aligned by hand (see CONTRIBUTING.md), so there is no re-flowing formatter.
set -eu
cd "$(dirname "$0")/.."
git ls-files '*.c' '*.h' '*.def' '*.mjs' '*.ts' '*.tsx' '*.css' '*.sh' '*.json' '*.md' '*.build' Makefile packages.txt | while read -r file; do
    [ -f "$file" ] || continue
    case $file in
        *.[ch]) sed 's/\r$//; s/[[:blank:]]*$//' "$file" | expand -t 8 ;;
        *) sed 's/\r$//; s/[[:blank:]]*$//' "$file" ;;
    esac | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}' >"$file.formatted"
    if cmp -s "$file" "$file.formatted"; then
        rm "$file.formatted"
    else
        cat "$file.formatted" >"$file"
        rm "$file.formatted"
        echo "formatted $file"
    fi
done
