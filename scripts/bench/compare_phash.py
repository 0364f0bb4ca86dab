#!/usr/bin/env python3
"""Compares pHash with imagehash's (Pillow < 13) on the corpus' photos: RGB and grey pictures of at least 200 x 200 pixels
and 30 kB that Pillow decodes without complaint."""
import os
import warnings

import imagehash
from PIL import Image, ImageFile

from decoder import corpus_files, product, row

Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False
warnings.simplefilter("error")


def reference(path):
    """imagehash's answer, None where the file is no such photo."""
    try:
        if os.path.getsize(path) < 30_000:
            return None
        with Image.open(path) as picture:
            if picture.mode not in ("RGB", "L") or min(picture.size) < 200:
                return None
            return int(str(imagehash.phash(picture)), 16)
    except Exception:
        return None


def main():
    known = {path: hash for path in corpus_files() if (hash := reference(path)) is not None}
    files = list(known)
    print(f"{len(files)} photos")
    for task in ["full-hash", "hash"]:
        reports, _ = product(files, task)
        failed = [path for path in files if "code" in reports[path]]
        for path in failed:
            print(f"{task}: {path}: {reports[path]['error']}")
        read = [path for path in files if path not in failed]
        distances = {path: (int(reports[path]["phash"], 16) ^ known[path]).bit_count() for path in read}
        for path, distance in distances.items():
            if distance > (0 if task == "full-hash" else 2):
                print(f"{task}: {path}: {distance} bits")
        count = max(1, len(read))
        if task == "full-hash":
            equal = 100 * sum(distance == 0 for distance in distances.values()) / count
            row(
                "pHash of a full-size decode equal to imagehash's", ">= 99.5 %", f"{equal:.2f} %", equal >= 99.5,
                peer=f"{len(read)} photos", note=f"{len(failed)} photos that Pillow decodes were not read")
        else:
            mean = sum(distances.values()) / count
            most = max(distances.values(), default=64)
            row(
                "pHash of the shrunk decode, distance to imagehash's", "mean <= 0.2 bits, max 2",
                f"mean {mean:.3f}, max {most}", mean <= 0.2 and most <= 2, peer=f"{len(read)} photos",
                note=f"{sum(distance > 2 for distance in distances.values())} photos beyond 2 bits")


if __name__ == "__main__":
    main()
