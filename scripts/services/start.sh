#!/bin/bash
# start.sh [FOLDER]: starts Postgres, PgBouncer, Redis and an S3 server for tests, installing what is missing, and prints the
# file with their addresses, to be sourced. Unprivileged, on unix sockets and loopback only; all data is in FOLDER, which
# stop.sh removes. Servers that run already are left alone.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PHOTOTUI_SKIP_SWIFT=1 "$here/../install-packages.sh" services >&2
exec python3 "$here/services.py" start "$@"
