#!/usr/bin/env python3
"""Kills imports with SIGKILL at random points, 50 times, then imports to the end and compares with a clean import.

The library must open after every kill (SQLite's own integrity_check is the judge), and in the end hold what the clean one
holds: photos with all that is known of them, finished jobs, and renditions byte for byte. PHOTOTUI_SEED repeats a run.
"""
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

PROGRAM = os.environ["PHOTOTUI_PROGRAMS"] + "/phototui"
CORPUS = os.environ["PHOTOTUI_CORPUS"]
KILLS = 50
FILES = 400
# What differs between two libraries of the same photos: ids, and when they came.
OWN = {"id", "imported_at"}


def figure(name, bar, measured, met, note=None):
    print(json.dumps({"figure": name, "bar": bar, "measured": measured, "peer": None, "ratio": None, "met": met,
                      "note": note}), flush=True)


def start_import(library, photos):
    """A process group of its own, so that the kill takes the decoders too, as a power cut would."""
    return subprocess.Popen(
        [PROGRAM, "import", photos, "--library", library, "--json"], stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, start_new_session=True, text=True)


def pages(command, key):
    """All rows of a paged listing."""
    rows, after = [], None
    while True:
        more = ["--after", after] if after else []
        page = json.loads(subprocess.run(
            [PROGRAM, *command, "--json", *more], check=True, stdout=subprocess.PIPE, text=True).stdout)
        rows += page[key]
        after = page.get("next")
        if not after:
            return rows


def contents(library):
    """Photos, job states and stored objects, as they compare between libraries."""
    photos = pages(["photos", "--library", library, "--limit", "500"], "photos")
    known = sorted(json.dumps({key: value for key, value in photo.items() if key not in OWN}, sort_keys=True)
                   for photo in photos)
    jobs = {}
    for job in pages(["jobs", "list", "--library", library, "--limit", "500"], "jobs"):
        jobs[job["state"]] = jobs.get(job["state"], 0) + 1
    objects = {}
    for folder, _, names in os.walk(library):
        for name in names:
            if name.endswith((".webp", ".avif", ".jpeg")):
                path = os.path.join(folder, name)
                objects[os.path.relpath(path, library)] = hashlib.sha256(open(path, "rb").read()).hexdigest()
    return known, jobs, objects


def integrity(library):
    """What SQLite says of every database in the library."""
    found = []
    for folder, _, names in os.walk(library):
        for name in names:
            if name.endswith((".sqlite", ".db")):
                database = sqlite3.connect(os.path.join(folder, name))
                found += [row[0] for row in database.execute("PRAGMA integrity_check")]
                database.close()
    return [line for line in found if line != "ok"]


def main():
    seed = int(os.environ.get("PHOTOTUI_SEED") or random.SystemRandom().randrange(1 << 32))
    chance = random.Random(seed)
    files = sorted(os.path.join(folder, name) for folder, _, names in os.walk(CORPUS) for name in names
                   if name.lower().endswith((".jpg", ".png", ".webp", ".heic", ".tif", ".gif")))
    with tempfile.TemporaryDirectory() as work:
        photos = f"{work}/photos"
        os.mkdir(photos)
        for path in chance.sample(files, min(FILES, len(files))):
            shutil.copy2(path, photos)
        began = time.monotonic()
        clean = start_import(f"{work}/clean", photos)
        clean.communicate()
        whole = time.monotonic() - began

        faults, killed = [], 0
        while killed < KILLS:
            # Most of the run lies ahead at first and behind later: short times land in the catalogue's opening.
            process = start_import(f"{work}/killed", photos)
            try:
                process.communicate(timeout=chance.choice([0.05, 0.2, whole / 10]) * chance.random())
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                killed += 1
                faults += integrity(f"{work}/killed")
                continue
            # It came to the end unhurt: begin with an empty library again.
            shutil.rmtree(f"{work}/killed", ignore_errors=True)
        last = start_import(f"{work}/killed", photos)
        _, said = last.communicate()
        figure(f"import after {KILLS} kills: exit code", f"{clean.returncode}, as the clean one", last.returncode,
               last.returncode == clean.returncode, f"seed {seed}; clean import {whole:.1f} s. {said[-200:].strip()}")
        figure("databases damaged by a kill", 0, len(faults), not faults, "; ".join(faults[:3]) or None)
        expected, found = contents(f"{work}/clean"), contents(f"{work}/killed")
        missing = set(expected[0]) ^ set(found[0])
        figure("photos that differ from the clean import", 0, len(missing), not missing and len(expected[0]) > 0,
               f"{len(expected[0])} photos" + (f"; e.g. {sorted(missing)[0][:300]}" if missing else ""))
        figure("jobs", json.dumps(expected[1], sort_keys=True), json.dumps(found[1], sort_keys=True), expected[1] == found[1])
        different = {path for path in expected[2].keys() | found[2].keys() if expected[2].get(path) != found[2].get(path)}
        figure("renditions that differ from the clean import", 0, len(different),
               not different and len(expected[2]) > 0, f"{len(expected[2])} renditions")


if __name__ == "__main__":
    sys.exit(main())
