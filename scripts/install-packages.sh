#!/bin/bash
# install-packages.sh SET…: installs what is missing of the Debian packages in scripts/packages/SET.txt.
# Asks nothing; needs root or sudo only when something is missing.
set -euo pipefail
lists=$(cd "$(dirname "$0")" && pwd)/packages

[ $# -gt 0 ] || { echo "usage: $0 SET…  (run, test, bench)" >&2; exit 64; }
wanted=()
for set in "$@"; do
    [ -f "$lists/$set.txt" ] || { echo "no package list named '$set' in $lists" >&2; exit 64; }
    mapfile -t names < <(sed 's/#.*//' "$lists/$set.txt" | awk 'NF { print $1 }')
    wanted+=("${names[@]}")
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    echo "This is not a Debian system: install the equivalents of these packages, then try again:" >&2
    echo "  ${wanted[*]}" >&2
    echo "PHOTOTUI_SKIP_PACKAGES=1 skips this check." >&2
    [ -n "${PHOTOTUI_SKIP_PACKAGES:-}" ] || exit 1
    exit 0
fi

missing() {
    local name
    for name in "${wanted[@]}"; do
        case $(dpkg-query -W -f='${db:Status-Abbrev}' "$name" 2>/dev/null) in
        ii*) ;;
        *) echo "$name" ;;
        esac
    done | sort -u
}

mapfile -t absent < <(missing)
if [ ${#absent[@]} -gt 0 ]; then
    as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null || ! { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            echo "These packages are missing, and this user cannot install them. As root, run:" >&2
            echo "  apt-get update && apt-get install --yes --no-install-recommends ${absent[*]}" >&2
            exit 1
        fi
        as_root=(sudo)
    fi
    apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 "$@"; }
    install() { apt install --yes -qq --no-install-recommends "${absent[@]}" >"$log" 2>&1 </dev/null; }
    log=$(mktemp)
    trap 'rm -f "$log"' EXIT
    echo "installing ${#absent[@]} Debian packages: ${absent[*]}"
    # A machine whose package lists are empty or out of date fails the first try.
    if ! install; then
        apt update -qq </dev/null || { echo "apt-get update failed; is the network up?" >&2; exit 1; }
        install || { cat "$log" >&2; echo "could not install: ${absent[*]}" >&2; exit 1; }
    fi
fi

[ -z "${PHOTOTUI_SKIP_SWIFT:-}" ] || exit 0
if ! command -v swift >/dev/null; then
    cat >&2 <<'MESSAGE'
Swift is missing. Debian 12 has no package of it: get the toolchain 6.3 for Debian 12 from
https://www.swift.org/install/linux/, unpack it, and put its usr/bin on the PATH; then try again.
MESSAGE
    exit 1
fi
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
if [ "$(printf '%s\n' 6.3 "$version" | sort -V | head -n 1)" != 6.3 ]; then
    echo "Swift 6.3 or newer is needed; 'swift --version' says ${version:-nothing}." >&2
    exit 1
fi
