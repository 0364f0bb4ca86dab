#!/usr/bin/env python3
"""Makes a Google Takeout out of photos, with the quirks that such exports have, and says what belongs together.

takeout_tree.py PHOTOS OUT [ZIP|TGZ...]: PHOTOS is a folder of pictures; OUT becomes the tree. Of each further argument an
archive is made, with every n-th file in the n-th archive, so that pictures and their notes come apart. Standard output gets,
as JSON, what each picture's note is called (null for none), by path below OUT: told by how this script made the names, not
by looking at them.
"""
import io
import json
import os
import shutil
import sys
import tarfile
import zipfile


def note(title, stamp, **more):
    content = {
        "title": title, "description": more.get("caption", ""), "imageViews": "3",
        "creationTime": {"timestamp": str(stamp + 9), "formatted": "-"},
        "photoTakenTime": {"timestamp": str(stamp), "formatted": "-"},
        "geoData": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0, "latitudeSpan": 0.0, "longitudeSpan": 0.0},
        "url": "https://photos.google.com/photo/AF1Qip",
    }
    if "at" in more:
        content["geoData"].update(latitude=more["at"][0], longitude=more["at"][1], altitude=12.5)
    if "people" in more:
        content["people"] = [{"name": name} for name in more["people"]]
    for flag in ("favorited", "archived", "trashed"):
        if more.get(flag):
            content[flag] = True
    return json.dumps(content, indent=2).encode()


def main():
    photos, out, archives = sys.argv[1], sys.argv[2], sys.argv[3:]
    pictures = sorted(
        os.path.join(folder, name) for folder, _, names in os.walk(photos) for name in names)
    files, expected = {}, {}
    supply = iter(pictures)
    year = "Takeout/Google Photos/Photos from 2019"
    next_year = "Takeout/Google Photos/Photos from 2020"
    album = "Takeout/Google Photos/Lisbon & Sintra"
    stamp = 1560000000  # 2019-06-08

    def picture(folder, name, note_name=None, source=None):
        path = f"{folder}/{name}"
        files[path] = open(source or next(supply), "rb").read()
        expected[path] = f"{folder}/{note_name}" if note_name else None
        return path

    def pair(folder, name, note_name, title=None, when=stamp, **more):
        picture(folder, name, note_name)
        files[f"{folder}/{note_name}"] = note(title or name, when, **more)

    pair(year, "IMG_0001.jpg", "IMG_0001.jpg.json", caption="Dinner &#39;by\u001b[31m the sea", favorited=True,
         at=(38.7139, -9.1394), people=["Anna", "Rui/Costa"])
    pair(year, "IMG_0002.jpg", "IMG_0002.jpg.supplemental-metadata.json", archived=True)
    pair(year, "IMG_0003.jpg", "IMG_0003.jpg.supplemental-me.json")
    # The number stands before the ending of the picture, and behind it in its note.
    pair(year, "IMG_0001(1).jpg", "IMG_0001.jpg(1).json", title="IMG_0001.jpg")
    pair(year, "IMG_0003(2).jpg", "IMG_0003.jpg.supplemental-metadata(2).json", title="IMG_0003.jpg")
    pair(year, "IMG_0004(1).jpg", "IMG_0004(1).jpg.json")
    # Names are cut at 47 characters before the ending, those of notes at 46.
    title = "original_1d4caa6f-16c6-4c3d-901b-9387de10e528_PXL_2019.jpg"
    pair(year, title[:47] + ".jpg", title[:46] + ".json", title=title)
    long_name = "a_photo_of_a_very_long_day_at_the_sea.jpg"
    pair(year, long_name, (long_name + ".supplemental-metadata")[:46] + ".json")
    # Edited versions take the note of their original, in the account's language.
    for edited in ("IMG_0001-edited.jpg", "IMG_0002-bearbeitet.jpg", "IMG_0003-編集済み.jpg", "IMG_0001-modifié(1).jpg"):
        original = edited.split("-")[0] + (".jpg(1)" if "(1)" in edited else ".jpg")
        suffix = {"IMG_0002.jpg": ".supplemental-metadata", "IMG_0003.jpg": ".supplemental-me"}.get(original, "")
        picture(year, edited, original + suffix + ".json")
    # The film of a live photo has no note of its own.
    pair(year, "IMG_0010.HEIC", "IMG_0010.HEIC.json")
    files[f"{year}/IMG_0010.MP4"] = b"\0\0\0\x18ftypmp42" + b"film" * 99
    # A name that only begins like another's.
    picture(year, "IMG_0001-2.jpg")
    # No note at all.
    picture(next_year, "no note.jpg")
    pair(next_year, "IMG_0001.jpg", "IMG_0001.jpg.json", when=stamp + 31536000)
    pair(next_year, "thrown away.jpg", "thrown away.jpg.json", when=stamp + 31536000, trashed=True)
    # A note whose picture is lost.
    files[f"{next_year}/lost.jpg.json"] = note("lost.jpg", stamp + 31536000)
    files[f"{next_year}/metadata.json"] = json.dumps({"title": "Photos from 2020"}).encode()
    # An album: the same picture once more with its note, once more without, by its note alone, and one only there.
    files[f"{album}/metadata.json"] = json.dumps(
        {"title": "Lisbon &amp; Sintra / 2019", "description": "A week", "access": "protected",
         "date": {"timestamp": "1560000000", "formatted": "-"}}).encode()
    files[f"{album}/IMG_0001.jpg"] = files[f"{year}/IMG_0001.jpg"]
    files[f"{album}/IMG_0001.jpg.json"] = files[f"{year}/IMG_0001.jpg.json"]
    expected[f"{album}/IMG_0001.jpg"] = f"{album}/IMG_0001.jpg.json"
    files[f"{album}/IMG_0004(1).jpg"] = files[f"{year}/IMG_0004(1).jpg"]
    expected[f"{album}/IMG_0004(1).jpg"] = f"{year}/IMG_0004(1).jpg.json"
    files[f"{album}/IMG_0003.jpg.json"] = files[f"{year}/IMG_0003.jpg.supplemental-me.json"]
    pair(album, "only here.jpg", "only here.jpg.json")
    # Other products, and what is no note.
    files["Takeout/archive_browser.html"] = b"<html></html>"
    files[f"{album}/shared_album_comments.json"] = b"{}"

    for path, content in files.items():
        os.makedirs(os.path.dirname(os.path.join(out, path)), exist_ok=True)
        with open(os.path.join(out, path), "wb") as file:
            file.write(content)
    for number, archive in enumerate(archives):
        part = [path for index, path in enumerate(sorted(files)) if index % len(archives) == number]
        if archive.endswith(".zip"):
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
                for path in part:
                    target.writestr(zipfile.ZipInfo(path, (2019, 6, 8, 12, 0, 0)), files[path])
        else:
            with tarfile.open(archive, "w:gz") as target:
                for path in part:
                    info = tarfile.TarInfo(path)
                    info.size, info.mtime = len(files[path]), stamp
                    target.addfile(info, io.BytesIO(files[path]))
    json.dump(expected, sys.stdout, ensure_ascii=False, indent=1)


main()
