#!/bin/bash
# fetch-test-photos.sh: gathers the photos the tests take (seconds, kept in the cache folder) and prints their folder.
set -euo pipefail
folder=${XDG_CACHE_HOME:-$HOME/.cache}/phototui/test-photos
"${PHOTOTUI_PYTHON:-python3}" "$(dirname "$0")/corpus/gather.py" --set tests "$folder"
echo "$folder"
