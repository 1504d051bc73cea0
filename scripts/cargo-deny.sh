#!/usr/bin/env bash
# Licences, bans and sources. Advisories want a database from the network: they run where it can be had.
set -euo pipefail
version=0.20.2
root=${FORECOURT_CACHE:-$HOME/.cache/forecourt}/tools
if [ ! -x "$root/bin/cargo-deny" ]; then
    # A tool, not a part of the product: optimising its build would only cost minutes.
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_TARGET_DIR="$root/target" \
        cargo install --quiet --locked --root "$root" --version "$version" --no-default-features cargo-deny
    rm -rf "$root/target"
fi
"$root/bin/cargo-deny" --locked check licenses bans sources
