#!/bin/bash
# run-tests.sh: what `make test` and .ci/run do. FILTER picks tests by a regular expression. Ends with `N passed, N failed` alone on a line.
# With CI=true a judge that cannot be had is a failure; otherwise its absence is said and its tests are skipped.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. scripts/build-flags.sh
failures=0

fail() {
    echo "FAILED: $*" >&2
    failures=$((failures + 1))
}

step() { echo "== $*"; }

# Gives up at once: what follows would only fail again.
stop() {
    fail "$*"
    echo "0 passed, $failures failed"
    exit 1
}

step "packages"
scripts/install-packages.sh run test || stop "packages are missing"

step "format"
swift format lint --strict --recursive Package.swift Sources Tests || fail "swift format lint (make format mends most of it)"

step "architecture"
scripts/check-architecture.py manifest || fail "the rooms' arrows"
scripts/check-wrong-import.sh || fail "a wrong import is not refused"

step "build"
swift build --build-tests "${build_flags[@]}" || stop "the build"

step "linked libraries"
scripts/check-architecture.py binaries "$(swift build --show-bin-path "${build_flags[@]}")" || fail "the programs' libraries"

step "judges"
if python=$(scripts/peers.sh); then
    export PHOTOTUI_PEERS_PYTHON=$python
elif [ "${CI:-}" = true ]; then
    fail "the Python judges (scripts/packages/pypi.txt) could not be installed"
else
    echo "The Python judges could not be installed: the tests that need them are skipped."
fi
if photos=$(scripts/fetch-test-photos.sh); then
    export PHOTOTUI_TEST_PHOTOS=$photos
elif [ "${CI:-}" = true ]; then
    fail "the test photos could not be fetched"
else
    echo "The test photos could not be fetched: the tests that need them are skipped."
fi

step "servers"
# A short path: unix sockets have room for a hundred bytes.
servers=$(mktemp -d /tmp/phototui-XXXXXX)
report=$(mktemp -d)
# What a test that is ended leaves goes with the run.
mkdir -m 1777 "$servers/tmp"
trap 'scripts/services/stop.sh "$servers/run" >/dev/null; rm -rf "$servers" "$report"' EXIT
chmod 711 "$servers"
if environment=$(scripts/services/start.sh "$servers/run"); then
    # shellcheck source=/dev/null
    . "$environment"
elif [ "${CI:-}" = true ]; then
    fail "Postgres, PgBouncer, Redis and the S3 server could not be started"
else
    echo "The servers could not be started: the tests of networked libraries are skipped."
fi

step "tests"
export TMPDIR=$servers/tmp
# JobsTests measure how soon a waiting receiver wakes: tests that keep every processor busy in the same process for tens of
# seconds would make them judge the machine. They run first, alone. And of all the tests only some are under way at a time: begun
# all at once, each waits for all others at each of its steps.
status=0
run() {
    local name=$1
    shift
    swift test --skip-build --experimental-maximum-parallelization-width 12 --xunit-output "$report/$name.xml" "$@" 2>&1 | grep --line-buffered -v '^◇'
    local ended=${PIPESTATUS[0]}
    [ "$ended" -eq 0 ] || status=$ended
}
if [ -n "${FILTER:-}" ]; then
    run tests --filter "$FILTER"
else
    run jobs --filter '^JobsTests\.'
    run tests --skip '^JobsTests\.'
fi
read -r passed failed skipped < <(scripts/count-tests.py "$report" 2>"$report/failed")
if [ -z "${FILTER:-}" ] && [ -n "${PHOTOTUI_PEERS_PYTHON:-}" ] && [ -n "${PHOTOTUI_TEST_PHOTOS:-}" ] && [ -n "$environment" ]; then
    step "failures"
    if "$PHOTOTUI_PEERS_PYTHON" scripts/failures/run.py --programs "$(swift build --show-bin-path "${build_flags[@]}")" \
        --photos-from "$PHOTOTUI_TEST_PHOTOS" --files 63 --seconds 15 --lease 5 2>"$report/failures"; then
        passed=$((passed + 1))
    else
        tail -n 20 "$report/failures" >>"$report/failed"
        failed=$((failed + 1))
    fi
fi
[ "$status" -eq 0 ] || [ "$failed" -gt 0 ] || fail "swift test ended with $status"
[ $((passed + failed)) -gt 0 ] || fail "no test ran"
if [ "${CI:-}" = true ] && [ "$skipped" -gt 0 ]; then fail "$skipped tests were skipped"; fi

failed=$((failed + failures))
# Again at the end, where it is looked for.
sed 's/^/FAILED: /' "$report/failed" >&2
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
