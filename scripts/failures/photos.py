"""Small real photos of distinct bytes, made from those the tests take; the same for the same seed."""
import hashlib
import os
import pathlib
import random
import shutil

from PIL import Image

SOURCES, MOST_PIXELS = 24, 30_000_000


def make(sources, folder, count, seed):
    """Fills a folder with `count` files, one in twenty a copy of another; returns (their SHA-256 by path)."""
    chance = random.Random(seed)
    pictures = [picture for path in sorted(chance.sample(candidates(sources), SOURCES)) if (picture := opened(path))]
    digests = {}
    for number in range(count):
        path = folder / f"{number // 100:02}" / f"IMG_{number:05}.jpg"
        path.parent.mkdir(exist_ok=True)
        if number % 20 == 19:
            shutil.copy(chance.choice(list(digests)), path)
        else:
            write(chance, chance.choice(pictures), path)
        digests[path] = hashlib.sha256(path.read_bytes()).hexdigest()
    return digests


def candidates(sources):
    return [path for path in sorted(pathlib.Path(sources).rglob("*")) if path.suffix.lower() in (".jpg", ".jpeg")
            and path.stat().st_size > 5_000]


def opened(path):
    """A picture of at most 1,200 pixels; nil for one that Pillow does not read."""
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MOST_PIXELS or min(picture.size) < 100:
                return None
            picture.draft("RGB", (1200, 1200))
            picture = picture.convert("RGB")
    except (OSError, ValueError):
        return None
    picture.thumbnail((1200, 1200))
    return picture


def write(chance, picture, path):
    width, height = picture.size
    left, top = chance.randrange(width // 4), chance.randrange(height // 4)
    part = picture.crop((left, top, width - chance.randrange(width // 4), height - chance.randrange(height // 4)))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "phototui", f"failures {os.path.basename(path)}"
    exif.get_ifd(0x8769)[0x9003] = "%d:%02d:%02d 12:%02d:%02d" % (
        chance.randrange(2005, 2025), chance.randrange(1, 13), chance.randrange(1, 29), chance.randrange(60),
        chance.randrange(60))
    part.save(path, quality=chance.randrange(70, 90), exif=exif)
