#!/usr/bin/env bash
# Everything that must be green: formatting, lints, licences, Rust, web, browser.
#   test.sh              all of it
#   test.sh lint|rust|web|e2e
set -euo pipefail
cd "$(dirname "$0")/.."
part=${1:-all}
started=$SECONDS

step() { printf '\n== %s (%d s so far)\n' "$1" $((SECONDS - started)); }
want() { [ "$part" = all ] || [ "$part" = "$1" ]; }

scripts/install-missing.sh test
# Rebuilding little by little gains nothing in a run from a clean checkout.
export CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-0}

if want lint; then
    step "rustfmt"
    cargo fmt --all --check
    step "clippy, warnings denied"
    cargo clippy --locked --workspace --all-targets -- -D warnings
    step "licences and duplicate crates"
    scripts/cargo-deny.sh
    step "structure"
    scripts/check-structure.sh
fi
if want rust; then
    step "Rust tests"
    if cargo nextest --version >/dev/null 2>&1; then
        cargo nextest run --locked --workspace --no-fail-fast
    else
        cargo test --locked --workspace --no-fail-fast
    fi
fi
if want web || want lint; then
    step "console: install"
    (cd web && { [ -d node_modules ] && [ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --no-audit --no-fund; })
fi
if want lint; then
    step "console: eslint, prettier, types"
    (cd web && npm run lint && npm run typecheck)
fi
if want web; then
    step "console: tests"
    (cd web && npm test)
fi
if want e2e; then
    step "console: build"
    scripts/build-web.sh
    step "Story 1 in the browser"
    cargo build --locked -p forecourt
    FORECOURT_BIN="${CARGO_TARGET_DIR:-target}/debug/forecourt" WEB_DIR="$PWD/web/apps/console/dist" \
        bash -c 'cd web && npm run e2e'
fi
step "done"
