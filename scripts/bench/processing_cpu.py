#!/usr/bin/env python3
"""Processor time a photo of 12 MP takes (SHA-256, pHash, metadata and three WebP renditions) beside what peers take, and
what a second decoder gains. All run on the same 4032 x 3024 JPEGs, made from the corpus' largest photos."""
import os
import resource
import subprocess
import sys
import tempfile

import pyvips

from decoder import corpus_files, product, row

PHOTOS = 8
ROUNDS = 3

PYVIPS = """
import sys, pyvips
pyvips.cache_set_max(0)
for path in sys.argv[1:]:
    picture = pyvips.Image.jpegload(path, shrink=2, access="sequential").thumbnail_image(1024, height=1024).copy_memory()
    for size in (1024, 512, 256):
        if size < 1024:
            picture = picture.thumbnail_image(size, height=size).copy_memory()
        picture.webpsave_buffer(Q=85, strip=True)
"""

PILLOW = """
import hashlib, io, sys, imagehash
from PIL import Image
for path in sys.argv[1:]:
    data = open(path, "rb").read()
    hashlib.sha256(data).hexdigest()
    picture = Image.open(io.BytesIO(data))
    picture.getexif()
    picture.draft("RGB", (1024, 1024))
    imagehash.phash(picture)
    for size in (1024, 512, 256):
        picture.thumbnail((size, size), Image.LANCZOS)
        picture.save(io.BytesIO(), "WEBP", quality=85)
"""


def make_photos(folder):
    """Crops and scales the corpus' largest photos to 4032 x 3024; real detail, real noise."""
    sources = []
    for path in sorted(corpus_files(), key=os.path.getsize, reverse=True):
        try:
            picture = pyvips.Image.new_from_file(path, access="sequential")
        except pyvips.Error:
            continue
        if path.lower().endswith((".jpg", ".jpeg")) and picture.width >= 2400 and picture.bands == 3:
            sources.append(path)
        if len(sources) == PHOTOS:
            break
    if len(sources) < PHOTOS:
        sys.exit(f"only {len(sources)} of {PHOTOS} large photos are in the corpus")
    made = []
    for number, source in enumerate(sources):
        picture = pyvips.Image.thumbnail(source, 4032, height=3024, crop="centre")
        picture.jpegsave(f"{folder}/{number}.jpg", Q=92, strip=True)
        made.append(f"{folder}/{number}.jpg")
    return made


def processor_seconds(*command):
    """Processor time of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "VIPS_CONCURRENCY": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    with tempfile.TemporaryDirectory() as folder:
        photos = make_photos(folder)
        files = photos * ROUNDS

        def cost(workers):
            reports, total = product(files, workers=workers)
            failed = [report for report in reports.values() if "code" in report]
            if failed:
                sys.exit(f"not processed: {failed[0]}")
            return total

        product(photos)
        # In turn, so that a machine whose speed drifts is the same for both.
        pairs = [(cost(1), cost(2)) for _ in range(3)]
        pairs.sort(key=lambda pair: pair[0]["wall_seconds"] / pair[1]["wall_seconds"])
        one, two = pairs[1]
        ours = one["processor_seconds"] / len(files)
        commands = [
            ("three vipsthumbnail calls", 0.33, [
                ["vipsthumbnail", path, "-s", str(size), "-o", f"{folder}/%s-{size}.webp[Q=85]"]
                for path in photos for size in (256, 512, 1024)], len(photos)),
            ("pyvips making the renditions alone", 0.9, [[sys.executable, "-c", PYVIPS, *files]], len(files)),
            ("Pillow (draft, chained), imagehash and hashlib", 0.65, [[sys.executable, "-c", PILLOW, *files]], len(files)),
        ]
        for name, bar, runs, count in commands:
            peer = sum(processor_seconds(*command) for command in runs) / count
            row(
                f"CPU a 12 MP photo, beside {name}", f"<= {bar} x", f"{ours * 1000:.0f} ms", ours <= bar * peer,
                peer=f"{peer * 1000:.0f} ms", ratio=round(ours / peer, 3))
        gain = one["wall_seconds"] / two["wall_seconds"]
        row(
            "two decoders beside one, wall time", ">= 1.8 x", f"{two['wall_seconds'] / len(files) * 1000:.0f} ms a photo",
            gain >= 1.8, peer=f"{one['wall_seconds'] / len(files) * 1000:.0f} ms", ratio=round(gain, 2),
            note=f"the median of three pairs; a decoder's memory peaked at {two['decoder_peak_bytes'] / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
