#!/bin/bash
# stop.sh [FOLDER]: stops what start.sh started and removes its data.
exec python3 "$(dirname "$0")/services.py" stop "$@"
