#!/usr/bin/env python3
"""Compares the photos of a made-up library without looking at any: fill_duplicates.py LIBRARY [--pairs N] [--cluster N] [--equal N].

LIBRARY is one that scripts/generate_library.py filled. Its photos get hashes of their own and stand in the index; two and two
of the first 2 N, after --pairs, are a cluster, a few bits apart; after --cluster N as many as that are one cluster of
nearly equal hashes; after --equal N as many have one hash and are in no cluster, as blank pictures are. The others are left
alone. Some of the clusters' photos are in albums, have tags, and show people's faces.
"""
import argparse
import os
import random
import sqlite3
import time


def signed(bits):
    return bits - (1 << 64) if bits >> 63 else bits


def buckets(bits):
    return [chunk * 65536 + (bits >> (48 - 16 * chunk) & 0xffff) for chunk in range(4)]


def collect(database, generator, owner, photos):
    """Albums and tags that the clusters' photos are in: one in four in up to three of each."""
    for table, column, members in [("albums", "album", "album_photos"), ("tags", "tag", "photo_tags")]:
        database.execute(f"DELETE FROM {members}")
        database.execute(f"DELETE FROM {table}")
        ids = [generator.randbytes(16) for _ in range(20)]
        rows = [(home, photo) for photo in photos if generator.random() < 0.25
                for home in generator.sample(ids, generator.randint(1, 3))]
        counts = {home: 0 for home in ids}
        for home, _ in rows:
            counts[home] += 1
        filled = [(number, home) for number, home in enumerate(ids) if counts[home]]
        if table == "albums":
            covers = {home: photo[0] for home, photo in rows}
            database.executemany(
                "INSERT INTO albums (id, owner, name_key, name, description, cover, photo_order, photos) "
                "VALUES (?, ?, ?, ?, '', ?, ?, ?)",
                ((home, owner, f"album {number}", f"Album {number}", covers[home] if number % 2 else None,
                  "hand" if number % 3 else "date", counts[home]) for number, home in filled))
            database.executemany(
                "INSERT INTO album_photos (album, photo, owner, is_shown, taken_at, position) VALUES (?, ?, ?, 1, ?, ?)",
                ((home, photo[0], owner, photo[2], place << 20) for place, (home, photo) in enumerate(sorted(rows))))
        else:
            database.executemany(
                "INSERT INTO tags (id, owner, name_key, name, photos) VALUES (?, ?, ?, ?, ?)",
                ((home, owner, f"tag {number}", f"Tag {number}", counts[home]) for number, home in filled))
            database.executemany(
                "INSERT INTO photo_tags (tag, photo, owner, is_shown, taken_at) VALUES (?, ?, ?, 1, ?)",
                ((home, photo[0], owner, photo[2]) for home, photo in sorted(rows)))


def show_faces(database, generator, owner, photos):
    """People's faces, and some of nobody's, on one in four of the clusters' photos."""
    for table in ["faces", "people"]:
        database.execute(f"DELETE FROM {table}")
    people = [generator.randbytes(16) for _ in range(50)]
    rows = [(generator.randbytes(16), owner, photo[0], generator.choice(people + [None] * 10),
             generator.randrange(8) / 10, generator.randrange(8) / 10, 0.1, 0.1)
            for photo in photos if generator.random() < 0.25 for _ in range(generator.randint(1, 4))]
    shown = {row[3] for row in rows}
    database.executemany(
        "INSERT INTO people (id, owner, name_key, name) VALUES (?, ?, ?, ?)",
        ((person, owner, f"person {number}", f"Person {number}") for number, person in enumerate(people) if person in shown))
    database.executemany(
        "INSERT INTO faces (id, owner, photo, person, x, y, width, height, source, is_own) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'mwg', 0)", rows)


def fill(database, options):
    generator = random.Random(options.seed)
    owner = database.execute("SELECT id FROM owners ORDER BY created_at LIMIT 1").fetchone()[0]
    photos = database.execute(
        "SELECT id, byte_count, taken_at FROM photos WHERE owner = ? ORDER BY id", (owner,)).fetchall()
    hashes, clusters, members = [], [], {}

    def cluster(some):
        sizes = [photo[1] for photo in some]
        clusters.append((some[0][0], owner, len(some), sum(sizes), max(sizes), max(photo[2] for photo in some)))
        for photo in some:
            members[photo[0]] = some[0][0]

    for place in range(options.pairs):
        bits = generator.getrandbits(64)
        hashes += [bits, bits ^ sum(1 << bit for bit in generator.sample(range(64), place % 9))]
        cluster(photos[2 * place:2 * place + 2])
    begin = len(hashes)
    common = generator.getrandbits(64)
    # A wide cluster: hashes within four bits of one, as a picture that was sent around has.
    hashes += [
        common ^ sum(1 << bit for bit in generator.sample(range(64), generator.randrange(3)))
        for _ in range(options.cluster)]
    if options.cluster:
        cluster(photos[begin:begin + options.cluster])
    hashes += [generator.getrandbits(64)] * options.equal
    hashes += [generator.getrandbits(64) for _ in range(len(photos) - len(hashes))]

    database.execute("BEGIN")
    for table in ["compared_photos", "duplicate_clusters", "hash_buckets", "uncompared_photos"]:
        database.execute(f"DELETE FROM {table}")
    # Stored upright, and seen as before: what searches know of its shape stays true.
    database.executemany(
        """
        UPDATE photos SET phash = ?, orientation = 1, width = CASE WHEN orientation >= 5 THEN height ELSE width END,
            height = CASE WHEN orientation >= 5 THEN width ELSE height END
        WHERE id = ?
        """, ((signed(bits), photo[0]) for bits, photo in zip(hashes, photos)))
    database.executemany("INSERT INTO duplicate_clusters (id, owner, photos, byte_count, largest, newest) "
                         "VALUES (?, ?, ?, ?, ?, ?)", clusters)
    first = {row[0] for row in clusters}
    hash_of = {photo[0]: bits for bits, photo in zip(hashes, photos)}

    def evidence(photo):
        home = members.get(photo)
        if home is None or photo in first:
            return home, None, None, None
        return home, (hash_of[photo] ^ hash_of[home]).bit_count(), 0.95, 1

    database.executemany(
        "INSERT INTO compared_photos (photo, owner, phash, cluster, distance, similarity, orientation) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        ((photo[0], owner, signed(bits), *evidence(photo[0])) for bits, photo in zip(hashes, photos)))
    rows = sorted((bucket, signed(bits)) for bits in set(hashes) for bucket in buckets(bits))
    database.executemany(
        "INSERT INTO hash_buckets (owner, bucket, phash) VALUES (?, ?, ?)", ((owner, *row) for row in rows))
    clustered = [photo for photo in photos if photo[0] in members]
    collect(database, generator, owner, clustered)
    show_faces(database, generator, owner, clustered)
    database.execute(
        "INSERT INTO totals (owner, name, value) VALUES (?, 'comparisons', 1) "
        "ON CONFLICT (owner, name) DO UPDATE SET value = value + 1", (owner,))
    database.execute("COMMIT")
    return len(photos), len(clusters)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", help="the library's folder")
    for name in ["pairs", "cluster", "equal"]:
        parser.add_argument(f"--{name}", type=int, default=0)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    began = time.monotonic()
    database = sqlite3.connect(os.path.join(options.library, "catalog.sqlite"), isolation_level=None)
    database.execute("PRAGMA cache_size = -1000000")
    photos, clusters = fill(database, options)
    database.close()
    print(f"{photos} photos, {clusters} clusters in {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
