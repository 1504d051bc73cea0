#!/usr/bin/env bash
# Builds the console when its sources are newer than the last build.
set -euo pipefail
cd "$(dirname "$0")/../web"
stamp=apps/console/dist/.stamp
sources=$(find . -path '*/node_modules' -prune -o -path '*/dist' -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sources" ] && exit 0
[ -d node_modules ] && [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund
npm run build
echo "$sources" > "$stamp"
