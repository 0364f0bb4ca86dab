"""How far `duplicates list --certain` can be trusted: real photos beside honest smaller copies, and spoilt ones beside clean copies.

The photo to keep is the larger one each time, and nothing but its picture speaks against that.
"""
import json
import os
import random
import subprocess

import duplicates_truth
import numpy
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from decoder import row

SEED = 20261122
EACH = 60


def stamped(picture):
    picture = picture.copy()
    width, height = picture.size
    font = duplicates_truth.ImageFont.load_default(size=max(18, width // 32))
    ImageDraw.Draw(picture).text((width * 0.74, height * 0.92), "2003 07 14", fill=(255, 140, 20), font=font)
    return picture


def painted(picture, x, y, width, height):
    picture = picture.copy()
    w, h = picture.size
    ImageDraw.Draw(picture).rectangle((w * x, h * y, w * (x + width), h * (y + height)), fill=0)
    return picture


def pixelated(picture):
    picture = picture.copy()
    w, h = picture.size
    box = (int(w * 0.4), int(h * 0.35), int(w * 0.5), int(h * 0.5))
    part = picture.crop(box)
    small = part.resize((6, 8), Image.BOX)
    picture.paste(small.resize(part.size, Image.NEAREST), box[:2])
    return picture


def noisy(picture):
    pixels = numpy.asarray(picture).astype(int)
    noise = numpy.random.default_rng(SEED).integers(-60, 61, pixels.shape)
    return Image.fromarray(numpy.clip(pixels + noise, 0, 255).astype("uint8"))


def cropped(picture, share):
    w, h = picture.size
    return picture.crop((int(w * share), int(h * share), int(w * (1 - share)), int(h * (1 - share))))


def enlarged(picture):
    w, h = picture.size
    return picture.resize((w // 5, h // 5), Image.LANCZOS).resize((w, h), Image.BICUBIC)


SPOILT = {
    "grey": lambda picture: ImageOps.grayscale(picture).convert("RGB"),
    "sepia": lambda picture: ImageOps.colorize(ImageOps.grayscale(picture), "#1a0d00", "#fff0d0"),
    "stamp": stamped,
    "bar": lambda picture: painted(picture, 0.4, 0.45, 0.2, 0.05),
    "spot": lambda picture: painted(picture, 0.48, 0.4, 0.05, 0.06),
    "pixelated": pixelated,
    "blur": lambda picture: picture.filter(ImageFilter.GaussianBlur(2)),
    "enlarged": enlarged,
    "noise": noisy,
    "dark": lambda picture: ImageEnhance.Brightness(picture).enhance(0.6),
    "contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(1.5),
    "crop": lambda picture: cropped(picture, 0.03),
}


def pairs(corpus, folder):
    """Writes the pairs; the kind of each larger photo by its name, `honest` for what may stand for its copy unseen."""
    os.makedirs(folder)
    pick = random.Random(SEED)
    photos, _ = duplicates_truth.corpus_photos(corpus)
    pick.shuffle(photos)
    kinds, names = {}, list(SPOILT)
    for path in photos:
        picture = duplicates_truth.upright(path, longest=1600, least=700)
        if picture is None:
            continue
        number = len(kinds)
        kind = "honest" if number % 2 == 0 else names[number // 2 % len(names)]
        whole = picture if kind == "honest" else SPOILT[kind](picture)
        # What a quarter of the size can't show is not lost by keeping the larger one.
        scale = pick.choice([0.25, 0.35, 0.5, 0.7, 0.9]) if kind == "honest" else 0.7
        small = picture.resize((int(picture.width * scale), int(picture.height * scale)), Image.LANCZOS)
        whole.save(f"{folder}/{number:03}-whole.jpg", quality=92)
        small.save(f"{folder}/{number:03}-small.jpg", quality=pick.choice([60, 75, 85]))
        kinds[f"{number:03}-whole.jpg"] = kind
        if len(kinds) == 2 * EACH:
            return kinds
    return kinds


def compare(work):
    kinds = pairs(os.environ["PHOTOTUI_CORPUS"], f"{work}/certain")
    program = f"{os.environ['PHOTOTUI_PROGRAMS']}/phototui"

    def run(*arguments):
        done = subprocess.run(
            [program, *arguments, "--library", f"{work}/certain-library"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        return done.stdout

    run("import", f"{work}/certain")
    run("duplicates", "scan")

    def kept(*options):
        clusters = json.loads(run("duplicates", "list", "--json", "--limit", "500", *options))["clusters"]
        for item in clusters if not options else []:
            names = [photo["filename"] for photo in item["photos"] if photo["action"] == "keep"]
            if item["doubt"] and any(kinds.get(name) == "honest" for name in names):
                doubts.append(item["doubt"])
        names = [photo["filename"] for item in clusters for photo in item["photos"] if photo["action"] == "keep"]
        return [kinds[name] for name in names if name in kinds]

    doubts = []
    found, certain = kept(), kept("--certain")
    honest = f"{certain.count('honest')} of {found.count('honest')}"
    spoilt = [kind for kind in certain if kind != "honest"]
    row(
        "Certain of real photos beside honest copies; of spoilt ones beside clean copies", None,
        f"{honest}; {len(spoilt)} of {len(found) - found.count('honest')}", None,
        note=f"spoilt ones taken: {', '.join(sorted(spoilt)) or 'none'}; honest ones left by what is written of them: {len(doubts)}")
