#!/bin/bash
# install.sh install|uninstall PREFIX: copies the release programs, themes and completions, or removes them.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -eq 2 ] || { echo "usage: install.sh install|uninstall PREFIX" >&2; exit 64; }
prefix=$2
case $1 in
install)
    programs=$(scripts/build-release.sh)
    install -D -m 755 -t "$prefix/bin" "$programs/phototui" "$programs/phototui-decoder"
    if [ -d themes ]; then install -D -m 644 -t "$prefix/share/phototui/themes" themes/*.toml; fi
    echo "installed phototui in $prefix/bin"
    ;;
uninstall)
    rm -f "$prefix/bin/phototui" "$prefix/bin/phototui-decoder"
    rm -rf "$prefix/share/phototui/themes"
    rmdir --ignore-fail-on-non-empty "$prefix/share/phototui" 2>/dev/null || true
    ;;
*)
    echo "usage: install.sh install|uninstall PREFIX" >&2
    exit 64
    ;;
esac
