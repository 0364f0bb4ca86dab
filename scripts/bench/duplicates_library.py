"""What is asked of a library with very many duplicates, for duplicates.py: among a million photos, 100,000 clusters, one of
50,000 photos, and 900,000 equal hashes."""
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys

import catalog
from decoder import row

FOLDER = os.path.dirname(os.path.abspath(__file__))
# What tells of the changes themselves, and grows with each.
RECORDS = {"journal", "resolutions"}
# Whose rows are never taken out: their own order is ten times faster than that of their keys.
STANDING = {"photos", "photo_metadata", "jobs"}


def filled(work, name, *arguments):
    """A copy of the benches' library of a million photos, with what fill_duplicates.py makes of it."""
    source = catalog.library(1_000_000)
    library = f"{work}/{name}"
    os.makedirs(library)
    shutil.copy(source, f"{library}/catalog.sqlite")
    # Brings its schema to this version.
    subprocess.run([catalog.BENCH, "duplicate-library", "open", f"{library}/catalog.sqlite"], check=True)
    subprocess.run([sys.executable, f"{FOLDER}/fill_duplicates.py", *arguments, library], check=True)
    return f"{library}/catalog.sqlite"


def measured(*arguments):
    """Each measure's figures."""
    done = subprocess.run(
        [catalog.BENCH, "duplicate-library", *map(str, arguments)], stdout=subprocess.PIPE, text=True, check=True)
    return {line["measure"]: line for line in map(json.loads, done.stdout.splitlines())}


def dump(path):
    """The digest of every row of every table, but of what records changes."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    digest = hashlib.sha256()
    # An index of words shows in the tables that it keeps.
    named = database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")
    tables = [name for (name,) in named]
    for table in tables:
        if table in RECORDS or table.startswith("sqlite_"):
            continue
        only = "WHERE name NOT IN ('changes', 'comparisons')" if table == "totals" else ""
        columns = [column[1] for column in database.execute(f"PRAGMA table_info({table})")]
        keys = [column[1] for column in database.execute(f"PRAGMA table_info({table})") if column[5]]
        order = "rowid" if table in STANDING else ", ".join(keys)
        digest.update(f"{table} {columns}".encode())
        for values in database.execute(f"SELECT {', '.join(columns)} FROM {table} {only} ORDER BY {order}"):
            digest.update(repr(values).encode())
    database.close()
    return digest.hexdigest()


def told(line):
    return f"p50 {line['p50']} ms, p99 {line['p99']} ms"


def compare(work, _):
    pairs = filled(work, "pairs", "--pairs", "100000")
    before = dump(pairs)
    resolved = measured("resolutions", 1000, pairs)
    isEqual = dump(pairs) == before
    row(
        "Resolve and undo of 1,000 clusters among 100,000", "byte-identical catalogue dump after undo",
        "identical" if isEqual else "DIFFERENT", isEqual,
        note="; ".join(f"{name}: {told(line)}" for name, line in resolved.items())
        + "; every row of every table but the journal's, the resolutions' and two counters of changes")
    pages = measured("pages", pairs)
    worst = max(line["p99"] for name, line in pages.items() if name.startswith("a page"))
    kilobytes = max(line["kilobytes"] for line in pages.values())
    row(
        "A page of 50 clusters among 100,000, by each order, and with proposals", "<= 50 ms, constant memory",
        f"p99 {worst} ms", worst <= 50,
        note="; ".join(f"{name}: {told(line)}" for name, line in pages.items())
        + f"; {kilobytes / 1000:.0f} MB at the most, all pages read")
    arrivals = measured("arrivals", 1000, pairs)
    worst = max(line["p99"] for name, line in arrivals.items() if name.startswith("one more"))
    row(
        "One more photo among 1,000,000: found, compared, put into its cluster, and on disk", "<= 10 ms, p99",
        f"p99 {worst} ms", worst <= 10, note="; ".join(
            f"{name}: {told(line)}" for name, line in arrivals.items() if "p50" in line))
    shutil.rmtree(os.path.dirname(pairs))

    hostile = filled(work, "hostile", "--cluster", "50000", "--equal", "900000")
    figures = measured("cluster", hostile)
    row(
        "A cluster of 50,000 photos", None,
        f"{max(line.get('kilobytes', 0) for line in figures.values()) / 1000:.0f} MB at the most", None,
        note="; ".join(f"{name} {line['p50']} ms" for name, line in figures.items() if "p50" in line))
    database = sqlite3.connect(f"file:{hostile}?mode=ro", uri=True)
    (common,) = database.execute(
        "SELECT phash FROM compared_photos GROUP BY phash ORDER BY count(*) DESC LIMIT 1").fetchone()
    database.close()
    equal = measured("equal", 200, f"{common & (1 << 64) - 1:016x}", hostile)["one more blank picture"]
    row("One more blank picture among 900,000 of the same hash", "<= 10 ms, p99", told(equal), equal["p99"] <= 10)
