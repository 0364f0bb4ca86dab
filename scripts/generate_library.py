#!/usr/bin/env python3
"""Fills a library with made-up photos, to try phototui at sizes nobody has at hand.

    scripts/generate_library.py --photos 1000000 LIBRARY

LIBRARY is a folder whose catalogue phototui has made (`phototui months --library LIBRARY` does) and that holds no
photos yet. What searches read is made behind it, by `phototui search rebuild`. Twenty years of photos, a few months of them far fuller than the rest; the same for the same --seed. No
picture files are made: the photos' paths lead nowhere. CatalogTests run this script against the current schema.
"""

import argparse
import calendar
import json
import os
import random
import sqlite3
import sys
import time
from collections import Counter

FIRST_YEAR, YEARS = 2005, 20
CAMERAS = [
    ("Canon", "EOS 5D Mark IV", "EF24-70mm f/2.8L II USM"),
    ("NIKON CORPORATION", "NIKON D750", "50.0 mm f/1.8"),
    ("SONY", "ILCE-7M3", "FE 24-105mm F4 G OSS"),
    ("Apple", "iPhone 12", "iPhone 12 back dual wide camera 4.2mm f/1.6"),
    ("FUJIFILM", "X-T30", "XF35mmF1.4 R"),
]
PLACES = [
    "Lisbon, Portugal", "Sintra, Portugal", "Porto, Portugal", "Kyoto, Japan", "Oslo, Norway", "Lima, Peru",
    "Roma, Italia",
]
MICROSECONDS = 1_000_000


def month_sizes(generator, photos):
    """How many photos each month has: log-normal, so that some hold thirty times what others do."""
    weights = [generator.lognormvariate(0, 1.1) for _ in range(YEARS * 12)]
    scale = photos / sum(weights)
    sizes = [int(weight * scale) for weight in weights]
    sizes[-1] += photos - sum(sizes)
    return sizes


def capture_times(generator, sizes):
    """(month ordinal, wall-clock microseconds) of every photo, roughly as an import meets them.

    Folders are read in the order of their dates; one photo in ten lies elsewhere.
    """
    times = []
    for index, size in enumerate(sizes):
        year, month = FIRST_YEAR + index // 12, index % 12 + 1
        start = calendar.timegm((year, month, 1, 0, 0, 0))
        seconds = calendar.monthrange(year, month)[1] * 86400
        for moment in sorted(generator.randrange(seconds * MICROSECONDS) for _ in range(size)):
            times.append((year * 12 + month - 1, start * MICROSECONDS + moment))
    strays = generator.sample(range(len(times)), len(times) // 10)
    shuffled = strays[:]
    generator.shuffle(shuffled)
    for place, value in zip(strays, [times[index] for index in shuffled]):
        times[place] = value
    return times


def identifiers(generator, count, start):
    """UUIDv7s in ascending order, ten to the millisecond."""
    for index in range(count):
        order = (index % 10) << 8 | generator.getrandbits(8)
        number = (start // 1000 + index // 10) << 80 | (0x7000 | order) << 64 | 1 << 63 | generator.getrandbits(62)
        yield number.to_bytes(16, "big")


def fill(database, owner, photos, seed):
    generator = random.Random(seed)
    sizes = month_sizes(generator, photos)
    times = capture_times(generator, sizes)
    imported = calendar.timegm((2025, 1, 1, 0, 0, 0)) * MICROSECONDS
    photo_ids = list(identifiers(generator, photos, imported))
    job_ids = list(identifiers(generator, photos, imported))
    months, places = Counter(), Counter()
    favourites_of = PLACES[:]

    def photo_rows():
        nonlocal favourites_of
        for number, (month, taken) in enumerate(times):
            if number % 500 == 0:
                favourites_of = generator.sample(PLACES, 2)
            make, model, lens = generator.choice(CAMERAS)
            place = generator.choice(favourites_of) if generator.random() < 0.6 else None
            months[month] += 1
            if place:
                places[month, place] += 1
            rotated = generator.random() < 0.25
            yield (
                photo_ids[number], owner, generator.randbytes(32), generator.getrandbits(64) - (1 << 63), "image/jpeg",
                2_000_000 + number % 4_000_000, 4032, 3024, 6 if rotated else 1, month, taken,
                generator.choice((None, 0, 60, 120)), "exif", imported, "ready", int(generator.random() < 0.02), 0, 0, 1,
                generator.choice((None, None, None, None, 3, 4, 5)), f"IMG_{number:08}.JPG", path(number, month), make,
                model, lens, 1 / generator.choice((30, 60, 125, 250, 1000)), generator.choice((1.8, 2.8, 4.0, 8.0)),
                generator.choice((100, 200, 400, 1600)), 35.0, 35.0, 0,
                generator.uniform(-60, 60) if place else None, generator.uniform(-180, 180) if place else None, place)

    insert(database, "photos", (
        "id owner sha256 phash media_type byte_count width height orientation month taken_at taken_at_offset "
        "taken_at_source imported_at status is_favourite is_archived is_missing in_timeline rating filename original_path "
        "camera_make camera_model lens exposure_seconds aperture iso focal_length focal_length_35mm flash_fired "
        "latitude longitude place"), photo_rows())
    keywords = json.dumps(["holiday", "family"])
    tags = json.dumps({f"Exif.Photo.Tag{index}": f"value {index}" for index in range(12)})
    insert(database, "photo_metadata", "photo keywords tags", ((photo, keywords, tags) for photo in photo_ids))
    insert(database, "files", "owner path byte_count modified outcome photo is_missing", (
        (owner, path(number, month), 2_000_000 + number % 4_000_000, taken * 1000, "photo", photo_ids[number], 0)
        for number, (month, taken) in enumerate(times)))
    insert(database, "jobs", (
        "id owner kind queue state photo attempts worker_deaths created_at run_at started_at finished_at"), (
        (job_ids[number], owner, "process_photo", "high", "succeeded", photo_ids[number], 1, 0, imported, imported,
         imported, imported) for number in range(photos)))
    insert(database, "month_counts", "owner month photos", ((owner, month, count) for month, count in months.items()))
    insert(database, "place_counts", "owner month place photos", (
        (owner, month, place, count) for (month, place), count in places.items()))
    total_bytes = sum(2_000_000 + number % 4_000_000 for number in range(photos))
    insert(database, "totals", "owner name value", (
        (owner, name, value) for name, value in (
            ("photos", photos), ("files", photos), ("bytes", total_bytes), ("jobs.succeeded", photos))))


def path(number, month):
    return f"/made-up/{month // 12}/{month % 12 + 1:02}/IMG_{number:08}.JPG".encode()


def insert(database, table, columns, rows):
    names = columns.split()
    database.executemany(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", help="the library's folder")
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=2)
    options = parser.parse_args()
    catalogue = os.path.join(options.library, "catalog.sqlite")
    if not os.path.exists(catalogue):
        sys.exit(f"{catalogue} is not there: make it with `phototui months --library {options.library}`")
    began = time.monotonic()
    database = sqlite3.connect(catalogue, isolation_level=None)
    database.execute("PRAGMA cache_size = -1000000")
    database.execute("PRAGMA foreign_keys = OFF")
    (owner,) = database.execute("SELECT id FROM owners ORDER BY created_at LIMIT 1").fetchone()
    if database.execute("SELECT EXISTS (SELECT 1 FROM photos)").fetchone()[0]:
        sys.exit(f"{catalogue} holds photos already: choose an empty library")
    database.execute("BEGIN IMMEDIATE")
    fill(database, owner, options.photos, options.seed)
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    print(f"{options.photos} photos in {time.monotonic() - began:.0f} s, {os.path.getsize(catalogue) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
