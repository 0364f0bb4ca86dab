#!/bin/bash
# build-release.sh [PRODUCT…]: builds the release programs, and the products named, and prints the folder they are in.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/build-flags.sh
for product in phototui phototui-decoder "$@"; do
    swift build -c release --product "$product" "${build_flags[@]}" >&2
done
swift build -c release --show-bin-path "${build_flags[@]}"
