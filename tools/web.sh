#!/bin/sh
# Builds the web client into web/dist.  Without Node the server is built all the same and serves the API alone.
set -eu
cd "$(dirname "$0")/../web" 2>/dev/null || exit 0
[ -f package.json ] || exit 0
newest=$(find index.html package.json package-lock.json vite.config.ts src public -type f -newer dist/index.html 2>/dev/null | head -n 1 || true)
[ -f dist/index.html ] && [ -z "$newest" ] && exit 0
command -v npm >/dev/null || { echo "no npm: the web client is not built, the server will serve the API alone"; exit 0; }
major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
if [ "$major" -lt 20 ]; then      # the client's tools need a newer Node than Debian 12's own: npm has one as a package
    [ -x ../build-node/node_modules/.bin/node ] || npm install --silent --no-audit --no-fund --prefix ../build-node node@22 >/dev/null
    PATH="$PWD/../build-node/node_modules/.bin:$PATH"
    export PATH
fi
# The lock names the optional packages of every platform; the registry it was made with lacks some of biome's for other systems, so
# those stand there without a checksum.  Where npm ci is not content all the same, install takes what there is.
[ -d node_modules ] && [ -n "$(find node_modules/.package-lock.json -newer package-lock.json)" ] ||
    npm ci --silent --no-audit --no-fund 2>/dev/null || npm install --silent --no-audit --no-fund --no-save
npm run --silent build
