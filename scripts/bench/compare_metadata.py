#!/usr/bin/env python3
"""Compares date, orientation, camera and position with exiftool's, on every file of the corpus that both read.

Every disagreement is printed with both values. A date is compared to the second, a position to 1e-5 degrees, text without
the blanks and NULs around it.
"""
import json
import subprocess
import tempfile

from decoder import corpus_files, product, row

TAGS = ["DateTimeOriginal", "CreateDate", "ModifyDate", "Orientation", "Make", "Model"]
# The groups whose dates count, best first: the picture's own EXIF, then XMP. Maker notes, ICC profiles and container
# headers have dates too, of other things.
GROUPS = ["ExifIFD", "IFD0", "XMP-exif", "XMP-photoshop", "XMP-xmp"]


def exiftool(files):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as arguments:
        options = ["-json", "-n", "-G1", "-charset", "filename=utf8", "-q", "-q", "-ignoreMinorErrors", "-Error"]
        options += [f"-{group}:{tag}" for group in GROUPS for tag in TAGS + ["DateCreated"]]
        options += ["-XMP-tiff:Orientation", "-XMP-tiff:Make", "-XMP-tiff:Model"]
        options += ["-Composite:GPSLatitude", "-Composite:GPSLongitude", "-GPS:GPSDateStamp", "-GPS:GPSTimeStamp"]
        arguments.write("\n".join(options + files) + "\n")
        arguments.flush()
        done = subprocess.run(["exiftool", "-@", arguments.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return {entry["SourceFile"]: entry for entry in json.loads(done.stdout.decode("utf-8", "replace"))}


def plain(value):
    text = "" if value is None else str(value)
    return text.split("\0")[0].strip()


def moment(text):
    """A date that exists, as the digits of its fields to the second; '' for anything else."""
    import datetime
    import re

    match = re.match(r"(\d{4})\D(\d\d)\D(\d\d)\D(\d\d)\D(\d\d)(?:\D(\d\d))?", plain(text))
    if not match:
        return ""
    fields = [int(field or 0) for field in match.groups()]
    try:
        return datetime.datetime(*fields).strftime("%Y%m%d%H%M%S")
    except ValueError:
        return ""


def first(entry, *names):
    return next((plain(entry[name]) for name in names if plain(entry.get(name))), "")


def expected(entry):
    dates = [
        "ExifIFD:DateTimeOriginal", "IFD0:DateTimeOriginal", "ExifIFD:CreateDate", "IFD0:CreateDate", "IFD0:ModifyDate",
        "GPS", "XMP-exif:DateTimeOriginal", "XMP-photoshop:DateCreated", "XMP-xmp:CreateDate"]
    entry = dict(entry)
    if entry.get("GPS:GPSDateStamp") and entry.get("GPS:GPSTimeStamp"):
        entry["GPS"] = f"{entry['GPS:GPSDateStamp']} {entry['GPS:GPSTimeStamp']}"
    taken = next((moment(entry[name]) for name in dates if name in entry and moment(entry[name])), "")
    turned = first(entry, "IFD0:Orientation", "XMP-tiff:Orientation")
    position = None
    try:
        latitude, longitude = float(entry["Composite:GPSLatitude"]), float(entry["Composite:GPSLongitude"])
        if abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude or longitude):
            position = (latitude, longitude)
    except (KeyError, ValueError):
        pass
    return {
        "taken_at": taken,
        "orientation": turned if turned in "12345678" and turned else "1",
        "camera": (first(entry, "IFD0:Make", "XMP-tiff:Make"), first(entry, "IFD0:Model", "XMP-tiff:Model")),
        "position": position,
    }


def measured(report):
    position = (report["latitude"], report["longitude"]) if "latitude" in report else None
    return {
        "taken_at": moment(report.get("taken_at")),
        "orientation": str(report["orientation"]),
        "camera": (plain(report.get("make")), plain(report.get("model"))),
        "position": position,
    }


def agree(field, ours, theirs):
    if field == "position" and ours and theirs:
        return all(abs(left - right) <= 1e-5 for left, right in zip(ours, theirs))
    return ours == theirs


def main():
    files = corpus_files()
    reports, _ = product(files)
    peers = exiftool(files)
    both = [
        path for path in files
        if "code" not in reports[path] and path in peers and not any(key.endswith(":Error") for key in peers[path])]
    print(f"{len(files)} files, {len(both)} read by both")
    for field in ["taken_at", "orientation", "camera", "position"]:
        differences = []
        present = 0
        for path in both:
            ours, theirs = measured(reports[path])[field], expected(peers[path])[field]
            present += bool(theirs) and theirs not in ("1", ("", ""))
            if not agree(field, ours, theirs):
                differences.append((path, ours, theirs))
        for path, ours, theirs in differences:
            print(f"{field}: {path}: {ours!r}, exiftool {theirs!r}")
        share = 100 * (1 - len(differences) / max(1, len(both)))
        row(
            f"{field} as exiftool reads it", ">= 99 %", f"{share:.2f} %", bool(both) and share >= 99,
            peer=f"{len(both)} files", note=f"{present} of them have one; {len(differences)} differ, listed above")


if __name__ == "__main__":
    main()
