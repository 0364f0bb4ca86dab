#!/bin/bash
# install.sh install|uninstall PREFIX: copies the release programs, themes, shell completions and the unit for workers, or
# removes them.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 2 ] && [ -n "$2" ] || { echo "usage: install.sh install|uninstall PREFIX" >&2; exit 64; }
prefix=$(realpath -ms "$2")

# Where each shell looks for completions that a program brings along, below share/ of a prefix in its search path.
declare -A completions=(
    [bash]=share/bash-completion/completions/phototui
    [zsh]=share/zsh/site-functions/_phototui
    [fish]=share/fish/vendor_completions.d/phototui.fish
)

case $1 in
install)
    programs=$(scripts/build-release.sh)
    install -D -m 755 -t "$prefix/bin" "$programs/phototui" "$programs/phototui-decoder"
    install -D -m 644 -t "$prefix/share/phototui/themes" themes/*.toml
    if scripts/places.sh; then
        install -D -m 644 "${XDG_CACHE_HOME:-$HOME/.cache}/phototui/places.tsv" "$prefix/share/phototui/places.tsv"
    else
        echo "no table of places: photos get no city from their position (scripts/places.sh makes one)" >&2
    fi
    script=$(mktemp)
    trap 'rm -f "$script"' EXIT
    for shell in "${!completions[@]}"; do
        "$prefix/bin/phototui" --generate-completion-script "$shell" >"$script"
        install -D -m 644 "$script" "$prefix/${completions[$shell]}"
    done
    # Where systemd looks below /usr/local and /usr; elsewhere it lies ready to be copied.
    unit=$(<"contrib/systemd/phototui-worker@.service")
    printf '%s\n' "${unit//@PREFIX@/$prefix}" >"$script"
    install -D -m 644 "$script" "$prefix/lib/systemd/system/phototui-worker@.service"
    install -D -m 644 -t "$prefix/share/doc/phototui" docs/production.md docs/celery.md docs/command-line.md
    echo "installed phototui in $prefix/bin"
    case :$PATH: in
    *:"$prefix/bin":*) ;;
    *) echo "$prefix/bin is not in your PATH: add it, or call $prefix/bin/phototui" ;;
    esac
    ;;
uninstall)
    rm -f "$prefix/bin/phototui" "$prefix/bin/phototui-decoder"
    rm -f "${completions[@]/#/$prefix/}"
    rm -f "$prefix/lib/systemd/system/phototui-worker@.service"
    rm -rf "$prefix/share/phototui/themes" "$prefix/share/doc/phototui"
    rm -f "$prefix/share/phototui/places.tsv"
    folders=(share/phototui lib/systemd/system lib/systemd)
    # Those that stay empty were made by the installation, but for the ones that every system has.
    case $prefix in
    /usr | /usr/local | "${HOME:-/root}/.local") ;;
    *)
        for file in "${completions[@]}"; do
            folders+=("$(dirname "$file")" "$(dirname "$(dirname "$file")")")
        done
        folders+=(lib share/doc bin share "")
        ;;
    esac
    for folder in "${folders[@]}"; do
        rmdir --ignore-fail-on-non-empty "$prefix/$folder" 2>/dev/null || true
    done
    ;;
*)
    echo "usage: install.sh install|uninstall PREFIX" >&2
    exit 64
    ;;
esac
