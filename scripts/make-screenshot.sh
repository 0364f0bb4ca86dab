#!/bin/bash
# make-screenshot.sh [OUT]: a picture of the app, from a real run in xterm on the sample photos, for the README.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-docs/images/timeline.png}
scripts/install-packages.sh run bench >&2
programs=${PHOTOTUI_PROGRAMS:-$(scripts/build-release.sh)}
photos=$(scripts/fetch-sample-photos.sh)

work=$(mktemp -d)
cleanup() {
    [ -z "${terminal:-}" ] || kill "$terminal" 2>/dev/null || true
    [ -z "${display:-}" ] || kill "$display" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

# The library is made first, so that the picture shows photos and not their arrival.
"$programs/phototui" import --library "$work/library" "$photos" >&2

exec 3<><(:)
Xvfb -displayfd 3 -screen 0 1280x800x24 -nolisten tcp 2>/dev/null &
display=$!
read -r -t 20 number <&3
export DISPLAY=:$number
COLORTERM=truecolor LANG=C.UTF-8 xterm -tn xterm-direct -fa "DejaVu Sans Mono" -fs 8 -geometry 146x42+0+0 -b 0 -bw 0 \
    -bg black -fg gray90 +sb -e "$programs/phototui" --library "$work/library" "$photos" &
terminal=$!

# Thumbnails a few steps larger than the default.
sleep 3
for _ in 1 2; do xdotool key plus; done

# A screen that no longer changes is a finished one.
before=""
for _ in $(seq 60); do
    sleep 1
    import -window root "$work/screen.png"
    now=$(identify -format '%#' "$work/screen.png")
    [ "$now" != "$before" ] || [ "$(identify -format '%k' "$work/screen.png")" -lt 64 ] || break
    before=$now
done
mkdir -p "$(dirname "$out")"
convert "$work/screen.png" -trim +repage -colors 256 -define png:compression-level=9 "PNG8:$out"
echo "$out" "$(stat -c %s "$out")" bytes
