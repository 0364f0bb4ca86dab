#!/bin/bash
# peers.sh: makes the Python environment of the judges (scripts/packages/pypi.txt) and prints its interpreter's path.
# Kept in the cache folder under a name made of the list's digest, so that a changed list makes a new one.
set -euo pipefail
list=$(cd "$(dirname "$0")" && pwd)/packages/pypi.txt
cache=${XDG_CACHE_HOME:-$HOME/.cache}/phototui
python=${PHOTOTUI_PYTHON:-python3}
name=peers-$( (cat "$list"; "$python" --version) | sha256sum | cut -c1-12)
if [ ! -e "$cache/$name/complete" ]; then
    mkdir -p "$cache"
    rm -rf "${cache:?}/$name"
    "$python" -m venv "$cache/$name" >&2
    "$cache/$name/bin/pip" install --quiet --disable-pip-version-check --no-input -r "$list" >&2
    touch "$cache/$name/complete"
fi
echo "$cache/$name/bin/python"
