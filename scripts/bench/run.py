#!/usr/bin/env python3
"""Runs the benchmarks and prints every figure beside its bar and its peer; `make bench` calls it.

ONLY=import,catalog picks sections, CORPUS=DIR takes photos gathered before, BENCH_RESULTS=DIR where results are written
(default bench-results/).

A section is a program of this folder. It prints a JSON line a figure:
{"figure", "bar", "measured", "peer", "ratio", "met", "note"}
`figure` says what was measured and `bar` what is asked, both as text; `measured`, `peer` and `ratio` are text or numbers,
null where there is none; `met` is true, false, or null where a figure has no bar. Other lines are shown as they come.
"""
import json
import os
import platform
import subprocess
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(FOLDER))
WITHOUT_PHOTOS = {"catalog", "jobs", "console", "places"}
COLUMNS = ["figure", "bar", "measured", "peer", "ratio", "met"]


def output(*command, **options):
    """A command's standard output, without the line's end; ends the run when it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}")
    return done.stdout.strip()


def gather_corpus():
    """The folder of all photos: CORPUS, else gathered into the cache folder."""
    given = os.environ.get("CORPUS")
    if given:
        return os.path.abspath(given)
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = f"{cache}/phototui/corpus"
    output("scripts/corpus/gather.py", "--set", "all", folder)
    return folder


def sections(environment):
    """Each section's name and command, in the order they run; those that exist in this checkout."""
    python = environment["PHOTOTUI_PEERS_PYTHON"]
    found = []
    for name, script in [
        ("import", "import_corpus.py"),
        ("crash", "crash_import.py"),
        ("metadata", "compare_metadata.py"),
        ("phash", "compare_phash.py"),
        ("processing", "processing_cpu.py"),
        ("catalog", "catalog.py"),
        ("postgres", "postgres.py"),
        ("app", "app.py"),
        ("slow-line", "slow_line_app.py"),
        ("jobs", "jobs.py"),
        ("console", "console.py"),
        ("console", "history.py"),
        ("uploads", "uploads.py"),
        ("duplicates", "duplicates.py"),
        ("places", "places.py"),
        ("failures", "failures.py"),
    ]:
        if os.path.exists(f"{FOLDER}/{script}"):
            found.append((name, [python, f"{FOLDER}/{script}"]))
    return found


def run_section(name, command, environment):
    """The section's rows; a section that fails is a row that is not met."""
    print(f"== {name}", flush=True)
    rows = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        for line in process.stdout:
            try:
                row = json.loads(line) if line.startswith("{") else None
            except ValueError:
                row = None
            if isinstance(row, dict) and "figure" in row:
                rows.append({"section": name, **{column: row.get(column) for column in COLUMNS + ["note"]}})
                print(f"   {text(row['figure'])}: {text(row.get('measured'))} ({text(row.get('bar'))})", flush=True)
            else:
                print("   " + line.rstrip(), flush=True)
    if process.returncode != 0:
        failed = {column: None for column in COLUMNS + ["note"]}
        failed.update(section=name, figure=f"{name}: ended with {process.returncode}", met=False)
        rows.append(failed)
    return rows


def text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value)


def show(rows):
    table = [[column if column != "met" else "met?" for column in COLUMNS]]
    table += [[text(row[column]) for column in COLUMNS] for row in rows]
    widths = [max(len(line[index]) for line in table) for index in range(len(COLUMNS))]
    for line in table:
        print(" | ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    for row in rows:
        if row["note"]:
            print(f"* {row['figure']}: {row['note']}")


def main():
    output("scripts/install-packages.sh", "run", "test", "bench")
    environment = dict(os.environ)
    environment["PHOTOTUI_PROGRAMS"] = output("scripts/build-release.sh", "phototui-bench")
    environment["PHOTOTUI_PEERS_PYTHON"] = output("scripts/peers.sh")
    only = [name for name in os.environ.get("ONLY", "").split(",") if name]
    known = sections(environment)
    unknown = set(only) - {name for name, _ in known}
    if unknown:
        sys.exit(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(name for name, _ in known)}")
    chosen = [(name, command) for name, command in known if not only or name in only]
    if any(name not in WITHOUT_PHOTOS for name, _ in chosen):
        environment["PHOTOTUI_CORPUS"] = gather_corpus()
    rows = []
    for name, command in chosen:
        rows += run_section(name, command, environment)
    results = os.environ.get("BENCH_RESULTS") or f"{ROOT}/bench-results"
    os.makedirs(results, exist_ok=True)
    path = f"{results}/{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(
            {"machine": platform.platform(), "processors": os.cpu_count(), "commit": output("git", "rev-parse", "HEAD"),
             "rows": rows}, file, indent=1)
    print()
    show(rows)
    print(f"\nwritten to {path}")
    missed = sum(row["met"] is False for row in rows)
    print(f"{sum(row['met'] is True for row in rows)} met, {missed} not met")
    return 1 if not rows or missed else 0


if __name__ == "__main__":
    sys.exit(main())
