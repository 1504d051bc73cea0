#!/usr/bin/env bash
# Installs what a bare Debian 12 machine lacks. Rust and Node come first (README says how).
#   install-missing.sh run    what `make demo` needs
#   install-missing.sh test   the same, and a browser with Chinese fonts
set -euo pipefail

need_tool() {
    command -v "$1" >/dev/null && return
    echo "Missing: $1. $2" >&2
    exit 1
}
need_tool cargo "Install Rust 1.95 or newer: https://rustup.rs"
need_tool node "Install Node 20.19 or newer: https://nodejs.org"
need_tool npm "npm comes with Node: https://nodejs.org"

packages=()
command -v cc >/dev/null || packages+=(build-essential)
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || packages+=(postgresql)
if [ "${1:-run}" = test ]; then
    command -v chromium >/dev/null || packages+=(chromium)
    [ -d /usr/share/fonts/opentype/noto ] || packages+=(fonts-noto-cjk)
fi
[ ${#packages[@]} -eq 0 ] && exit 0

echo "Installing Debian packages: ${packages[*]}"
sudo=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Run as root, or install: ${packages[*]}" >&2; exit 1; }
    sudo=(sudo)
fi
export DEBIAN_FRONTEND=noninteractive
# The distribution would start a cluster of its own; ours is private to the data folder.
if [[ " ${packages[*]} " == *" postgresql "* ]]; then
    "${sudo[@]}" mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] ||
        echo 'create_main_cluster = false' | "${sudo[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
