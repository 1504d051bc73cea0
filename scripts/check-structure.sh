#!/usr/bin/env bash
# Walls that the compiler does not see: contexts do not import one another, files stay readable.
set -euo pipefail
cd "$(dirname "$0")/.."
contexts=(org intake identity privacy insight)
failed=0
for context in "${contexts[@]}"; do
    for other in "${contexts[@]}"; do
        [ "$context" = "$other" ] && continue
        # Tests may borrow another context's tables; the product may not.
        if sed '/^\[dev-dependencies\]/,$d' "crates/$context/Cargo.toml" | grep -qE "^$other(\.workspace)? *="; then
            echo "crates/$context imports $other: contexts meet in crates/app only" >&2
            failed=1
        fi
    done
done
while read -r lines file; do
    if [ "$file" != total ] && [ "$lines" -gt 600 ]; then
        echo "$file has $lines lines: more than 600 hide two rooms" >&2
        failed=1
    fi
done < <(git ls-files '*.rs' '*.ts' '*.vue' | grep -vE 'schema\.d\.ts$' | xargs wc -l)
exit $failed
