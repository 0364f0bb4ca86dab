#!/bin/bash
# check-wrong-import.sh: shows, on two rooms made for it, that the flag our builds use refuses an import without an arrow.
set -euo pipefail
. "$(dirname "$0")/build-flags.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p Sources/Low Sources/High
cat >Package.swift <<'SWIFT'
// swift-tools-version: 6.2
import PackageDescription
let package = Package(name: "arrows", targets: [.target(name: "Low"), .target(name: "High", dependencies: ["Low"])])
SWIFT
echo 'public func low() {}' >Sources/Low/Low.swift
echo 'import Low' >Sources/High/High.swift
if ! swift build "${build_flags[@]}" >right.txt 2>&1; then
    cat right.txt >&2
    echo "a package with right imports does not build" >&2
    exit 1
fi
echo 'import High' >Sources/Low/Low.swift
sed -i 's/, dependencies: \["Low"\]//' Package.swift
echo 'public func high() {}' >Sources/High/High.swift
if swift build "${build_flags[@]}" >wrong.txt 2>&1; then
    echo "an import without an arrow was not refused" >&2
    exit 1
fi
grep -q 'without declaring it a dependency\|no such module' wrong.txt || { cat wrong.txt >&2; exit 1; }
