#!/usr/bin/env python3
"""The failure run over three seeds (scripts/failures/run.py); SEEDS=1,2,3 chooses others."""
import json
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SEEDS = os.environ.get("SEEDS") or "1,2,3"


def figure(name, bar, measured, met, note=None):
    print(json.dumps({"figure": name, "bar": bar, "measured": measured, "peer": None, "ratio": None, "met": met,
                      "note": note}), flush=True)


def main():
    photos = subprocess.run(
        [f"{ROOT}/scripts/fetch-test-photos.sh"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    subprocess.run([f"{ROOT}/scripts/install-packages.sh", "services"], stdout=sys.stderr, check=True)
    for seed in SEEDS.split(","):
        done = subprocess.run(
            [sys.executable, f"{ROOT}/scripts/failures/run.py", "--programs", os.environ["PHOTOTUI_PROGRAMS"],
             "--photos-from", photos, "--seed", seed, "--json"], stdout=subprocess.PIPE, text=True)
        try:
            found = json.loads(done.stdout)
        except ValueError:
            figure(f"failure run, seed {seed}", "ends", f"exit code {done.returncode}", False)
            continue
        for name in ("lost", "applied_twice", "orphans", "missing"):
            figure(f"failure run, seed {seed}: {name.replace('_', ' ')}", 0, found[name], found[name] == 0)
        others = ", ".join(f"{kind} ({entry['count']})" for kind, entry in found["faults_found"].items())
        figure(f"failure run, seed {seed}: faults of any kind", 0, len(found["faults_found"]), found["ok"], others or None)
        figure(f"failure run, seed {seed}: seconds to recover", None, found["seconds_to_recover"], None,
               f"{found['jobs']} jobs, {found['faults']} faults, {found['claims']} claims, {found['died']} died meanwhile")


if __name__ == "__main__":
    sys.exit(main())
