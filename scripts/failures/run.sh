#!/bin/bash
# run.sh: `make failures`, the failure run (run.py) with the release programs. SEED=… repeats one; FILES=… and SECONDS_OF_FAULTS=…
# make it shorter.
set -euo pipefail
cd "$(dirname "$0")/../.."
scripts/install-packages.sh run test
scripts/install-packages.sh services
programs=$(scripts/build-release.sh)
python=$(scripts/peers.sh)
photos=$(scripts/fetch-test-photos.sh)
exec "$python" scripts/failures/run.py --programs "$programs" --photos-from "$photos" --seed "${SEED:-1}" \
    --files "${FILES:-2105}" --seconds "${SECONDS_OF_FAULTS:-180}"
