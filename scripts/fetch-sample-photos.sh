#!/bin/bash
# fetch-sample-photos.sh: fetches a few real photos, 15 of 1920x1080 and larger under CC0, CC-BY and CC-BY-SA, from a
# Debian wallpaper package (16 MB) into the cache folder, installs nothing, and prints their folder.
set -euo pipefail
package=lomiri-wallpapers-16.04
folder=${XDG_CACHE_HOME:-$HOME/.cache}/phototui/photos
if [ ! -e "$folder.copyright" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cd "$work"
    echo "fetching sample photos from the Debian package $package" >&2
    if ! apt-get download -qq "$package" >&2 2>/dev/null; then
        if [ "$(id -u)" -eq 0 ]; then apt-get update -qq >&2; elif command -v sudo >/dev/null; then sudo apt-get update -qq >&2; fi
        apt-get download -qq "$package" >&2
    fi
    dpkg-deb -x "$package"_*.deb unpacked
    mkdir -p "$folder"
    find unpacked/usr/share/backgrounds -name '*.jpg' -exec cp -p -t "$folder" {} +
    cp "unpacked/usr/share/doc/$package/copyright" "$folder.copyright"
fi
echo "$folder"
