"""Derives photos whose duplicates are known from the corpus' real ones, with a fixed seed.

A group is a real photo and ten copies of it, each altered as people and programs alter photos. Beside the groups stand
photos that look alike and are none: windows of one large photo, as a camera that panned takes them, and the corpus' own
sequences and stereo pairs of one scene.
"""
import io
import json
import os
import random
import re
import warnings

import imagehash
import numpy
from PIL import Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

Image.MAX_IMAGE_PIXELS = None
SEED = 20260704
GROUPS = 225
PANS = 60
LONGEST = 2048
# The default setting must find these; the others are asked for with the orientation option.
PLAIN = ["original", "half", "recompressed", "brighter", "grey", "exif-rotated"]
ALTERED = ["cropped", "mirrored", "rotated", "bordered", "overlaid"]
SCENES = re.compile(r"samples/data/(left|right)\d\d\.jpg|aloe[LR]\.jpg|ambush_5_(left|right)|aero[13]\.jpg|"
                    r"samples/data/(basketball|graf|rubberwhale|opticalFlow)\w*\.(png|jpg)")


def corpus_photos(corpus):
    """The corpus' photos that a camera took, in a fixed order; those of one scene apart."""
    with open(f"{corpus}/manifest.jsonl", encoding="utf-8") as file:
        entries = [json.loads(line) for line in file]
    photos, scenes = [], []
    for entry in sorted(entries, key=lambda entry: entry["path"]):
        path = f"{corpus}/{entry['path']}"
        if entry["bytes"] < 20_000 or not path.lower().endswith((".jpg", ".jpeg", ".png")):
            continue
        (scenes if SCENES.search(entry["origin"]) else photos).append(path)
    return photos, scenes


def upright(path, longest=LONGEST, least=300):
    """The photo in RGB as it is shown, at most `longest` pixels long; None where it is no photo of at least `least` pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as picture:
                if min(picture.size) < least or picture.mode not in ("RGB", "L"):
                    return None
                if path.lower().endswith(".png") and "wallpapers" not in path and "backgrounds" not in path:
                    return None  # screenshots and diagrams
                picture = ImageOps.exif_transpose(picture).convert("RGB")
        picture.thumbnail((longest, longest), Image.LANCZOS)
        # A nearly flat picture can't be told from another one by anybody.
        return picture if numpy.asarray(picture.convert("L").resize((64, 64))).std() >= 12 else None
    except Exception:
        return None


def turned(picture):
    """The picture's eight orientations."""
    for mirrored in (picture, ImageOps.mirror(picture)):
        for quarter in range(4):
            yield mirrored.rotate(90 * quarter, expand=True)


def jpeg(picture, quality, exif=None):
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, **({"exif": exif} if exif else {}))
    return out.getvalue()


def copies(picture, pick):
    """Each copy's name and bytes."""
    width, height = picture.size
    yield "original", jpeg(picture, 92)
    yield "half", jpeg(picture.resize((width // 2, height // 2), Image.LANCZOS), 88)
    yield "recompressed", jpeg(picture, 60)
    yield "brighter", jpeg(ImageEnhance.Brightness(picture).enhance(pick.choice([0.8, 1.2])), 90)
    yield "grey", jpeg(picture.convert("L"), 90)
    # Pixels turned, and the tag that turns them back.
    exif = Image.Exif()
    tag, turn = pick.choice([(3, Image.ROTATE_180), (6, Image.ROTATE_90), (8, Image.ROTATE_270)])
    exif[0x0112] = tag
    yield "exif-rotated", jpeg(picture.transpose(turn), 90, exif.tobytes())
    left, top = pick.uniform(0, 0.03), pick.uniform(0, 0.03)
    box = (left * width, top * height, (left + 0.97) * width, (top + 0.97) * height)
    yield "cropped", jpeg(picture.crop(tuple(round(edge) for edge in box)), 90)
    yield "mirrored", jpeg(ImageOps.mirror(picture), 90)
    yield "rotated", jpeg(picture.rotate(pick.choice([-5, 5]), Image.BICUBIC), 90)
    border = round(0.04 * min(width, height))
    yield "bordered", jpeg(ImageOps.expand(picture, border, pick.choice(["white", "black"])), 90)
    overlaid = picture.copy()
    size = max(12, height // 14)
    font = ImageFont.load_default(size)
    ImageDraw.Draw(overlaid).text(
        (size, height - 2 * size), "Summer in the hills 2024", font=font, fill="white", stroke_width=size // 10,
        stroke_fill="black")
    yield "overlaid", jpeg(overlaid, 90)


def pan(picture, pick):
    """Two windows of a photo that share two thirds of what they show."""
    width, height = picture.size
    if pick.random() < 0.5:
        across, down = round(width * 0.75), height
        offset = (width - across, 0)
    else:
        across, down = width, round(height * 0.75)
        offset = (0, height - down)
    return (picture.crop((0, 0, across, down)), picture.crop((*offset, offset[0] + across, offset[1] + down)))


def derive_large(corpus, out):
    """Writes the larger photos with their plain copies into `out`: 2.9 megapixels in the mean, as in a phone's folder."""
    pick = random.Random(SEED)
    photos, _ = corpus_photos(corpus)
    os.makedirs(out, exist_ok=True)
    known = []
    for path in photos:
        picture = upright(path, longest=2400, least=1200)
        if picture is None:
            continue
        hash = imagehash.phash(picture)
        if any(hash - other <= 14 for other in known):
            continue
        known.append(hash)
        for copy, data in copies(picture, pick):
            if copy in PLAIN:
                with open(f"{out}/{len(known):03}-{copy}.jpg", "wb") as file:
                    file.write(data)


def derive(corpus, out):
    """Writes the photos into `out` and returns them as (path, group, copy); a group of None has no duplicates."""
    pick = random.Random(SEED)
    photos, scenes = corpus_photos(corpus)
    pick.shuffle(photos)
    os.makedirs(out, exist_ok=True)
    found, known, pans = [], [], 0
    # A photo that is in a scene too would have a duplicate that nobody planted.
    staged = []
    for path in scenes:
        with Image.open(path) as picture:
            staged.append(imagehash.phash(picture.convert("RGB")))

    def write(name, data, group, copy):
        with open(f"{out}/{name}", "wb") as file:
            file.write(data)
        found.append((f"{out}/{name}", group, copy))

    for path in photos:
        groups = len(known)
        if groups == GROUPS + PANS:
            break
        picture = upright(path)
        if picture is None:
            continue
        # The corpus has some pictures many times over, with other metadata: each goes in once.
        hashes = [imagehash.phash(one) for one in turned(picture)]
        if any(hash - other <= 14 for other in known + staged for hash in hashes):
            continue
        known.append(hashes[0])
        if groups < GROUPS:
            for copy, data in copies(picture, pick):
                write(f"{groups:03}-{copy}.jpg", data, groups, copy)
        else:
            for side, window in enumerate(pan(picture, pick)):
                write(f"pan-{pans:03}-{side}.jpg", jpeg(window, 90), None, "pan")
            pans += 1
    for index, path in enumerate(scenes):
        with Image.open(path) as picture:
            write(f"scene-{index:03}.jpg", jpeg(picture.convert("RGB"), 92), None, "scene")
    return found

