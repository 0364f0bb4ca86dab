#!/bin/bash
# run.sh: what `make run` does. PHOTOS names what to open, LIBRARY the library's folder.
# Without a terminal it imports and prints the timeline as text.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-packages.sh run
programs=$(scripts/build-release.sh)
# Once; photos show where they were taken also without it, as coordinates.
scripts/places.sh || echo "no table of places: photos get no city from their position (scripts/places.sh makes one)" >&2

photos=${PHOTOS:-}
if [ -z "$photos" ]; then
    pictures=$HOME/Pictures
    if [ -d "$pictures" ] && [ -n "$(find -L "$pictures" -type f -iregex '.*\.\(jpe?g\|png\|webp\|avif\|hei[cf]\|tiff?\|gif\|jxl\|dng\|cr2\|cr3\|nef\|arw\)' -print -quit 2>/dev/null)" ]; then
        photos=$pictures
    else
        photos=$(scripts/fetch-sample-photos.sh)
    fi
fi

library=()
[ -z "${LIBRARY:-}" ] || library=(--library "$LIBRARY")

if [ -t 0 ] && [ -t 1 ]; then
    exec "$programs/phototui" "${library[@]}" "$photos"
fi
status=0
"$programs/phototui" import "${library[@]}" "$photos" || status=$?
# 2 says that some files could not be read: they are listed, and the others are in the timeline.
[ "$status" -eq 0 ] || [ "$status" -eq 2 ] || exit "$status"
"$programs/phototui" photos "${library[@]}"
