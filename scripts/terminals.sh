#!/bin/bash
# terminals.sh [OUT]: the app in real terminals that show pictures, under Xvfb, by hand: pictures of the screen in OUT.
#
# In each terminal it scrolls, opens dialogs and the viewer, changes the window's size and goes back: the screen must then be
# as it was before. Whatever a picture left behind would show. A few pixels may differ where glyphs of symbols reach a pixel
# beyond their cells, which terminals leave there: never as many as a cell has.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-/tmp/phototui-terminals}
scripts/install-packages.sh run terminals >&2
programs=${PHOTOTUI_PROGRAMS:-$(scripts/build-release.sh)}
photos=${PHOTOS:-$(scripts/fetch-sample-photos.sh)}
mkdir -p "$out"

work=$(mktemp -d)
cleanup() {
    [ -z "${terminal:-}" ] || kill "$terminal" 2>/dev/null || true
    [ -z "${display:-}" ] || kill "$display" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT

export HOME=$work LANG=C.UTF-8
unset PHOTOTUI_LIBRARY TMUX STY COLORTERM
"$programs/phototui" import --library "$work/library" "$photos" >&2 || [ $? = 2 ]
exec 3<><(:)
Xvfb -displayfd 3 -screen 0 1280x900x24 +extension GLX -nolisten tcp 2>/dev/null &
display=$!
read -r -t 20 number <&3
export DISPLAY=:$number

# What the program writes is kept beside the pictures, to be counted.
run() { script -qfc "$programs/phototui --library $work/library" -O "$out/$1.bytes"; }
export -f run
export programs work out

begin() {
    case $1 in
        kitty) kitty -c NONE -o remember_window_size=no -o initial_window_width=1000 -o initial_window_height=700 \
            -o cursor_blink_interval=0 bash -c "run $1" 2>"$out/$1.log" & ;;
        xterm) xterm -ti vt340 -bg black -fg gray90 -fa "DejaVu Sans Mono" -fs 10 -geometry 110x36 +sb \
            -e bash -c "run $1" 2>"$out/$1.log" & ;;
        mlterm) mlterm --geometry=110x36 --sbmod=none -e bash -c "run $1" 2>"$out/$1.log" & ;;
    esac
    terminal=$!
}

# A screen that no longer changes is a finished one.
picture() {
    local before="" now
    for _ in $(seq 30); do
        sleep 0.7
        import -window root "$out/$1.png"
        now=$(identify -format '%#' "$out/$1.png")
        [ "$now" != "$before" ] || return 0
        before=$now
    done
}

tolerance=280
failed=0
for name in kitty xterm mlterm; do
    begin $name
    sleep 4
    xdotool key g
    picture $name-before
    window=$(xdotool search --onlyvisible --pid "$terminal" | tail -1 || true)
    for round in 1 2 3; do
        for key in Down Down Page_Down question Escape Page_Up colon Escape Return n Escape Page_Down Page_Up \
            ctrl+g ctrl+g; do
            xdotool key --delay 20 "$key"
            sleep 0.3
        done
        [ $round -gt 1 ] || picture $name-middle
        if [ -n "$window" ]; then
            size=$(xdotool getwindowgeometry --shell "$window" | grep -E 'WIDTH|HEIGHT' | cut -d= -f2 | tr '\n' ' ')
            xdotool windowsize "$window" 700 500
            sleep 1
            # shellcheck disable=SC2086
            xdotool windowsize "$window" $size
            sleep 1
        fi
        xdotool key g
    done
    # The notice of the last key goes with another.
    xdotool key Right
    xdotool key g
    picture $name-after
    differing=$(compare -metric AE "$out/$name-before.png" "$out/$name-after.png" null: 2>&1 || true)
    bytes=$(stat -c %s "$out/$name.bytes")
    echo "$name: $differing pixels differ after scrolling, dialogs and resizing; $bytes bytes written"
    [ "$differing" -le $tolerance ] || failed=1
    xdotool key q
    sleep 1
    kill "$terminal" 2>/dev/null || true
    wait "$terminal" 2>/dev/null || true
done
exit $failed
