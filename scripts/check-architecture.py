#!/usr/bin/env python3
"""Holds the rooms against their picture.

check-architecture.py manifest      Package.swift against ARCHITECTURE.md's list of arrows, and every import against both
check-architecture.py binaries DIR  which C libraries the programs built into DIR link

The compiler refuses an import without an arrow (the flag in scripts/build-flags.sh); this refuses an arrow that is not
in the documented list, a script that builds without the flag, and a program that links what it must not.
"""
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Come with the toolchain: any room may import these, but for the rooms named in PURE.
TOOLCHAIN = {"Foundation", "FoundationEssentials", "Glibc", "Dispatch", "Synchronization", "Testing", "Swift"}
# Rooms that neither read a clock nor do I/O: state and layout.
PURE = {"Grid", "Widgets", "App"}
IMPURE = {"Foundation", "Glibc", "Dispatch"}
# Libraries that parse what strangers wrote: only the decoder may reach them.
DECODER_ONLY = {"CArchive", "CVips", "CTurboJPEG", "CRaw", "CMetadata", "CSeccomp"}
DECODER = "phototui-decoder"
LINKED_ONLY_BY_DECODER = re.compile(r"lib(archive|vips|raw|exiv2|seccomp|heif|tiff|jxl)\b")
LINKED_ONLY_BY_PROGRAM = re.compile(r"lib(ncurses|chafa|sqlite3)")

problems = []


def modules(target):
    """The names a target declares, as they are imported."""
    names = set()
    for dependency in target["dependencies"]:
        kind, value = next(iter(dependency.items()))
        names.add(value[0])
    return names


def documented_arrows():
    """The lines `Room → A, B` of ARCHITECTURE.md."""
    arrows = {}
    for line in open(f"{ROOT}/ARCHITECTURE.md", encoding="utf-8"):
        found = re.match(r"^([A-Za-z-]+)\s+→\s*(.*)$", line)
        if found:
            names = found.group(2).split("  ")[0]
            arrows[found.group(1)] = {name.strip() for name in names.split(",") if name.strip() not in ("", "nothing")}
    return arrows


def imports(folder):
    """Each file's imported modules."""
    for base, _, files in os.walk(folder):
        for name in files:
            if name.endswith(".swift"):
                path = os.path.join(base, name)
                text = open(path, encoding="utf-8").read()
                pattern = r"^(?:@\w+\s+)*(?:public |package |internal |fileprivate |private )?import (?:\w+ )?([\w]+)"
                yield os.path.relpath(path, ROOT), set(re.findall(pattern, text, re.M))


def reach(name, targets, seen=None):
    """Every target that `name` links, through others too."""
    seen = set() if seen is None else seen
    for other in modules(targets[name]) & targets.keys():
        if other not in seen:
            seen.add(other)
            reach(other, targets, seen)
    return seen


def check_manifest():
    dump = subprocess.run(
        ["swift", "package", "dump-package"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    targets = {target["name"]: target for target in json.loads(dump)["targets"]}
    documented = documented_arrows()
    for name, target in targets.items():
        if target["type"] == "test" or target.get("path", "").startswith("Tests/") or target["type"] == "system":
            continue
        declared = modules(target)
        if name not in documented:
            problems.append(f"ARCHITECTURE.md does not list the room {name}")
            continue
        for extra in sorted(declared - documented[name]):
            problems.append(f"Package.swift has the arrow {name} → {extra}, ARCHITECTURE.md does not")
        for lost in sorted(documented[name] - declared):
            problems.append(f"ARCHITECTURE.md has the arrow {name} → {lost}, Package.swift does not")
    for name in sorted(documented.keys() - targets.keys()):
        problems.append(f"ARCHITECTURE.md lists a room that does not exist: {name}")

    for name, target in targets.items():
        if target["type"] == "system":
            continue
        folder = f"{ROOT}/" + target.get("path", f"Tests/{name}")
        allowed = {module.replace("-", "_") for module in modules(target)} | TOOLCHAIN
        if name in PURE:
            allowed -= IMPURE
        for path, found in imports(folder):
            for module in sorted(found - allowed):
                problems.append(f"{path} imports {module}: no such arrow from {name}")
        if name != DECODER and target["type"] != "test":
            for module in sorted(reach(name, targets) & DECODER_ONLY):
                problems.append(f"{name} reaches {module}: only {DECODER} may")

    for base, _, files in os.walk(f"{ROOT}/scripts"):
        for name in files:
            path = os.path.join(base, name)
            if not name.endswith((".sh", ".py")) or path == os.path.abspath(__file__):
                continue
            for line in open(path, encoding="utf-8"):
                # Both spellings: a shell's words, and a Python list of them.
                builds = re.search(r"""swift["', ]+build\b""", line) and not re.search(r"^\s*#|echo|message", line)
                if builds and "build_flags" not in line and "import-check" not in line:
                    problems.append(f"{os.path.relpath(path, ROOT)} builds without scripts/build-flags.sh")


def needed(path):
    """The shared libraries a program names."""
    text = subprocess.run(["readelf", "--dynamic", path], check=True, capture_output=True, text=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", text)


def check_binaries(folder):
    for program, forbidden in (("phototui", LINKED_ONLY_BY_DECODER), (DECODER, LINKED_ONLY_BY_PROGRAM)):
        for library in needed(f"{folder}/{program}"):
            if forbidden.match(library):
                problems.append(f"{program} links {library}")


if sys.argv[1:] == ["manifest"]:
    check_manifest()
elif len(sys.argv) == 3 and sys.argv[1] == "binaries":
    check_binaries(sys.argv[2])
else:
    sys.exit(__doc__)
for problem in problems:
    print(problem, file=sys.stderr)
sys.exit(1 if problems else 0)
