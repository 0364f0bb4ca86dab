#!/usr/bin/env python3
"""Imports the whole corpus with the real program: nothing crashes, every file is accounted for, and a second import opens
no file. The judge of what is opened is strace, and find(1) of what there is; the program's own report is held against both.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

PROGRAM = os.environ["PHOTOTUI_PROGRAMS"] + "/phototui"
CORPUS = os.path.realpath(os.environ["PHOTOTUI_CORPUS"])


def figure(name, bar, measured, met, note=None):
    print(json.dumps({"figure": name, "bar": bar, "measured": measured, "peer": None, "ratio": None, "met": met,
                      "note": note}), flush=True)


def run_import(library, trace=None):
    """The exit code, the report and the seconds of one import."""
    command = [PROGRAM, "import", CORPUS, "--library", library, "--json"]
    if trace:
        command = ["strace", "-f", "-qq", "-e", "trace=open,openat,openat2", "-o", trace] + command
    began = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
    seconds = time.monotonic() - began
    try:
        return done.returncode, json.loads(done.stdout), seconds
    except ValueError:
        sys.exit(f"import ended with {done.returncode} and no report: {done.stdout[-500:]!r}")


def opened_files(trace):
    """Regular files under the corpus that were opened; folders are opened to be listed."""
    paths = set()
    for line in open(trace, encoding="utf-8", errors="replace"):
        found = re.search(r'open(?:at2?)?\((?:AT_FDCWD|\d+)?,? ?"((?:[^"\\]|\\.)*)"', line)
        if found and "O_DIRECTORY" not in line and " = -1 " not in line:
            path = found.group(1)
            if path.startswith(CORPUS) and os.path.isfile(path):
                paths.add(path)
    return paths


def main():
    there = int(subprocess.run(f"find '{CORPUS}' -type f | wc -l", shell=True, stdout=subprocess.PIPE, check=True).stdout)
    with tempfile.TemporaryDirectory() as folder:
        code, first, seconds = run_import(f"{folder}/library")
        parts = {key: first[key] for key in ("imported", "known", "unsupported", "rejected")}
        figure(f"import of {there} files: exit code", "0 or 2", code, code in (0, 2),
               f"{seconds:.0f} s, " + ", ".join(f"{value} {key}" for key, value in parts.items()))
        accounted = sum(parts.values())
        listed = {item["path"] for item in first["items"]}
        met = accounted == first["found"] == len(listed) == there
        figure("files accounted for", f"all {there}", f"{accounted} counted, {len(listed)} listed", met)
        silent = [item["path"] for item in first["items"] if item["outcome"] == "rejected" and not item["reason"]]
        figure("rejected without a reason", 0, len(silent), not silent)
        trace = f"{folder}/trace"
        _, second, again = run_import(f"{folder}/library", trace)
        opened = opened_files(trace)
        figure("second import: bytes of content read", 0, second["bytes_read"], second["bytes_read"] == 0,
               f"{again:.1f} s under strace")
        figure("second import: files opened, by strace", 0, len(opened), not opened)


main()
