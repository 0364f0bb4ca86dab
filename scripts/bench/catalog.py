"""The catalogue at 1,000,000 photos against SQLite itself: the same statements on the same file through Python's sqlite3.

The made-up libraries stay in the cache folder (PHOTOTUI_BENCH_LIBRARIES) for the next run.
"""
import json
import os
import random
import sqlite3
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BENCH = f"{os.environ['PHOTOTUI_PROGRAMS']}/phototui-bench"
CACHE = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
LIBRARIES = os.environ.get("PHOTOTUI_BENCH_LIBRARIES") or f"{CACHE}/phototui/bench-libraries"

ENTRY = """SELECT id, sha256, filename, taken_at, taken_at_offset, taken_at_source, width, height, orientation, media_type,
    status, rating, is_favourite, is_missing FROM photos
    WHERE owner = ? AND in_timeline = 1 AND month = ?"""
ORDER = "ORDER BY month DESC, taken_at DESC, id DESC LIMIT 200"


def library(photos):
    """The catalogue of a library of so many photos, made when it is not there."""
    folder = f"{LIBRARIES}/{photos}"
    catalogue = f"{folder}/catalog.sqlite"
    if not os.path.exists(catalogue):
        making = f"{folder}.{os.getpid()}"
        subprocess.run([BENCH, "catalog-create", making], check=True)
        subprocess.run(
            [sys.executable, f"{ROOT}/scripts/generate_library.py", "--photos", str(photos), making], check=True)
        subprocess.run([BENCH, "catalog-search-build", f"{making}/catalog.sqlite"], check=True)
        os.rename(making, folder)
    else:
        # One of an earlier run may have an older schema.
        subprocess.run([BENCH, "catalog-create", folder], check=True)
    return catalogue


def lines(*command):
    result = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


def timed(call, times):
    began = time.perf_counter()
    rows = call()
    times.append((time.perf_counter() - began) * 1000)
    return rows


def peer(catalogue):
    """p99 in milliseconds of each measure, by SQLite alone."""
    database = sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True, cached_statements=100)
    database.execute("PRAGMA cache_size = -8192")
    (owner,) = database.execute("SELECT owner FROM month_counts LIMIT 1").fetchone()
    times = {"month list": [], "first page of any month": [], "next page of any month": []}
    for _ in range(1000):
        months = timed(
            lambda: database.execute(
                "SELECT month, photos FROM month_counts WHERE owner = ? AND photos > 0 ORDER BY month DESC", (owner,)
            ).fetchall(), times["month list"])
        month = random.choice(months)[0]
        page = timed(
            lambda: database.execute(f"{ENTRY} {ORDER}", (owner, month)).fetchall(), times["first page of any month"])
        timed(
            lambda: database.execute(
                f"{ENTRY} AND (taken_at, id) < (?, ?) {ORDER}", (owner, month, page[-1][3], page[-1][0])).fetchall(),
            times["next page of any month"])
    return {measure: sorted(found)[989] for measure, found in times.items()}


def figure(name, bar, measured, met, compared=None, ratio=None, note=None):
    print(
        json.dumps({"figure": name, "bar": bar, "measured": measured, "peer": compared, "ratio": ratio, "met": met,
                    "note": note}), flush=True)


def albums(place, where):
    """Opening an album of 100,000 photos, and changes of 10,000 photos with their undoing, of a library of a million."""
    for line in lines(BENCH, "catalog-albums", place):
        measure, p50, p99 = line["measure"], line["p50"], line["p99"]
        isEdit = any(part in measure for part in ("tag", "taking", "10,000 photos out", "10,000 photos into"))
        bar = 50 if measure.startswith("open an album") else 1000 if isEdit else None
        figure(
            f"{measure}{where}, among 1,000,000", f"<= {bar} ms" if bar else "", f"{p99:.1f} ms",
            p99 <= bar if bar else None, note=f"p50 {p50} ms")


def searches(place, where):
    """The first page of searches of each kind, in a library of a million."""
    for line in lines(BENCH, "catalog-search", place):
        measure, p50, p99 = line["measure"], line["p50"], line["p99"]
        isPage = measure.startswith("search")
        figure(
            f"{measure}{where}, among 1,000,000", "p50 <= 10 ms, p99 <= 80 ms" if isPage else "",
            f"p50 {p50:.1f} ms, p99 {p99:.1f} ms", p50 <= 10 and p99 <= 80 if isPage else None)


def main():
    small, large = library(10_000), library(1_000_000)
    raw = peer(large)
    for line in lines(BENCH, "catalog", large):
        measure, p50, p99 = line["measure"], line["p50"], line["p99"]
        name = f"{measure} at 1,000,000 photos, p99"
        if measure in raw:
            figure(name, "<= 2 ms", f"{p99:.3f} ms", p99 <= 2, f"{raw[measure]:.3f} ms", p99 / raw[measure], f"p50 {p50} ms")
        else:
            figure(name, "", f"{p99:.3f} ms", None, note=f"p50 {p50} ms")
    albums(large, "")
    searches(large, "")
    before, after = lines(BENCH, "catalog-growth", small, large)
    for what, keys in (("record", ["record"]), ("record, claim and finish", ["record", "finish"])):
        few, many = sum(before[key] for key in keys), sum(after[key] for key in keys)
        figure(
            f"{what} a photo at 1,000,000 photos, against 10,000", "<= 1.3 x", f"{many:.3f} ms", many <= 1.3 * few,
            f"{few:.3f} ms", many / few)


if __name__ == "__main__":
    main()
