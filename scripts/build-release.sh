#!/bin/bash
# build-release.sh [PRODUCT…]: builds the release programs, and the products named, and prints the folder they are in.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/build-flags.sh
# Swift's own libraries linked in: the program starts ten milliseconds sooner.
build_flags+=(--static-swift-stdlib)
for product in phototui phototui-decoder "$@"; do
    swift build -c release --product "$product" "${build_flags[@]}" >&2
done
swift build -c release --show-bin-path "${build_flags[@]}"
