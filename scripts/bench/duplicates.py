#!/usr/bin/env python3
"""Duplicates against the peers that PyPI and Debian have: how well copies of known photos are found, and how fast near hashes are.

The photos are derived from the corpus with a fixed seed (duplicates_truth.py). Precision and recall count pairs of photos
that share a cluster. Peers are in an environment of their own (scripts/packages/bench-pypi.txt).
"""
import hashlib
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import duplicates_certain
import duplicates_library
import duplicates_truth
import numpy

from decoder import row

FOLDER = os.path.dirname(os.path.abspath(__file__))
PEERS = f"{FOLDER}/duplicates_peers.py"
LIST = f"{os.path.dirname(FOLDER)}/packages/bench-pypi.txt"


def peers_python():
    """The interpreter of the peers' own environment; made once for each state of the list."""
    with open(LIST, "rb") as file:
        name = "bench-peers-" + hashlib.sha256(file.read() + sys.version.encode()).hexdigest()[:12]
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = f"{cache}/phototui/{name}"
    if not os.path.exists(f"{folder}/complete"):
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [f"{folder}/bin/pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        subprocess.run(pip + ["-r", LIST], check=True)
        # Its neural part asks for gigabytes of packages, which its hashes don't use.
        subprocess.run(pip + ["--no-deps", "imagededup==0.3.3.post2"], check=True)
        open(f"{folder}/complete", "w").close()
    return f"{folder}/bin/python"


def product(*arguments, files=None):
    done = subprocess.run(
        [f"{os.environ['PHOTOTUI_PROGRAMS']}/phototui-bench", *map(str, arguments)], stdout=subprocess.PIPE, text=True,
        input=None if files is None else "".join(path + "\n" for path in files), check=True)
    return json.loads(done.stdout.splitlines()[-1])


def peer(python, *arguments, files=None):
    """A peer's answer; None where it can't be had."""
    done = subprocess.run(
        [python, PEERS, *map(str, arguments)], stdout=subprocess.PIPE, text=True,
        input=None if files is None else "".join(path + "\n" for path in files), timeout=1800)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None


def score(clusters, truth):
    """Precision, recall and F1 over pairs that share a cluster."""
    group = {path: number for path, number, *_ in truth}
    wanted = {}
    for number in group.values():
        if number is not None:
            wanted[number] = wanted.get(number, 0) + 1
    all_true = sum(count * (count - 1) // 2 for count in wanted.values())
    found = right = 0
    for cluster in clusters:
        members = [path for path in cluster if path in group]
        found += len(members) * (len(members) - 1) // 2
        groups = {}
        for path in members:
            if group[path] is not None:
                groups[group[path]] = groups.get(group[path], 0) + 1
        right += sum(count * (count - 1) // 2 for count in groups.values())
    precision = right / found if found else 1.0
    recall = right / all_true
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


def told(scores):
    return "P {:.4f} R {:.4f} F1 {:.3f}".format(*scores)


def missed(clusters, truth):
    """How many copies of each kind share no cluster with their group's original."""
    home = {path: index for index, cluster in enumerate(clusters) for path in cluster}
    original = {number: path for path, number, copy in truth if copy == "original"}
    counts = {}
    for path, number, copy in truth:
        if number is not None and copy != "original":
            if path not in home or home[path] != home.get(original[number]):
                counts[copy] = counts.get(copy, 0) + 1
    return ", ".join(f"{copy} {count}" for copy, count in sorted(counts.items())) or "none"


def compare_found(python, truth):
    plain = [entry for entry in truth if entry[2] in duplicates_truth.PLAIN or entry[1] is None]
    groups = len({entry[1] for entry in truth} - {None})
    others = sum(entry[1] is None for entry in truth)
    for name, entries, arguments, bar, holds in [
        ("copies of another size, quality, brightness, colour, EXIF rotation", plain, ["--distance", 8],
         "P >= .995, R >= .98", lambda p, r, f: p >= 0.995 and r >= 0.98),
        ("the same, and crops, mirrors, turns, borders, text", truth, ["--distance", 16, "--orientations"],
         "F1 >= .90 at P >= .98", lambda p, r, f: f >= 0.90 and p >= 0.98),
    ]:
        files = [entry[0] for entry in entries]
        random.Random(7).shuffle(files)
        ours = product("duplicates", *arguments, files=files)
        own = score(ours["clusters"], entries)
        best, notes = None, []
        for tool in ["imagededup", "imagehash", "czkawka", "findimagedupes"]:
            theirs = peer(python, tool, "4,8,10", files=files)
            if theirs is None:
                notes.append(f"{tool} did not run")
                continue
            for distance, clusters in theirs.items():
                scores = score(clusters, entries)
                print(f"{tool} at {distance}: {told(scores)}", flush=True)
                if best is None or scores[2] > best[1][2]:
                    best = (f"{tool} at {distance}", scores)
        rate = 1e6 * ours["compareSeconds"] / max(1, ours["comparisons"])
        row(
            f"Duplicates found: {name}", bar, told(own), holds(*own), ratio=own[2] / best[1][2] if best else None,
            peer=f"{best[0]}: {told(best[1])}" if best else None,
            note=f"{groups} groups, {others} photos without duplicates; copies away from their original: "
            f"{missed(ours['clusters'], entries)}; {ours['comparisons']} comparisons of {rate:.0f} us; read "
            f"{ours['readSeconds']:.1f} s, near pairs {ours['pairSeconds']:.2f} s, clusters {ours['clusterSeconds']:.1f} s; "
            + "; ".join(notes) + ("" if notes else "the peers' best of distances 4, 8 and 10"))


def planted(count, seed):
    """Even hashes, a tenth of which are four bits from another."""
    generator = numpy.random.default_rng(seed)
    hashes = generator.integers(0, 2**64, count, dtype=numpy.uint64)
    copies = count // 10
    source = hashes[generator.integers(0, count - copies, copies)]
    for _ in range(4):
        source = source ^ (numpy.uint64(1) << generator.integers(0, 64, copies, dtype=numpy.uint64))
    hashes[-copies:] = source
    return numpy.unique(hashes)


def skewed(truth, count, seed):
    """pHashes of windows of real photos, as uneven as a library's."""
    from PIL import Image
    pick = random.Random(seed)
    paths = [path for path, _, copy in truth if copy == "original"]
    # As PerceptualHashing has it: the lowest 8 x 8 cosines of 32 x 32 cells, against their median.
    places = numpy.pi * numpy.arange(8)[:, None] * (2 * numpy.arange(32)[None] + 1) / 64
    basis = 2 * numpy.cos(places)
    found = []
    for path in paths:
        share = count // len(paths) + 1
        with Image.open(path) as picture:
            grey = picture.convert("L")
        grey.thumbnail((200, 200))
        cells = numpy.empty((share, 32, 32))
        for index in range(share):
            size = pick.uniform(0.25, 1)
            width, height = grey.width * size, grey.height * size
            left, top = pick.uniform(0, grey.width - width), pick.uniform(0, grey.height - height)
            cells[index] = grey.resize((32, 32), Image.BILINEAR, box=(left, top, left + width, top + height))
        lowest = (basis @ cells @ basis.T).reshape(share, 64)
        bits = numpy.packbits(lowest > numpy.median(lowest, axis=1, keepdims=True), axis=1)
        found.append(numpy.ascontiguousarray(bits[:, ::-1]).view(numpy.uint64).ravel())
    return numpy.unique(numpy.concatenate(found)[:count])


def compare_near(python, truth, work):
    def written(name, hashes):
        path = f"{work}/{name}"
        hashes.tofile(path)
        return path

    seconds = {}
    for count in [10_000, 100_000, 1_000_000]:
        path = written(f"even-{count}", planted(count, count))
        ours = min((product("near-pairs", 8, path) for _ in range(3)), key=lambda report: report["seconds"])
        seconds[count] = ours["seconds"]
        bar, met, faiss, ratio = None, None, None, None
        if count == 100_000:
            theirs = peer(python, "faiss", 8, path)
            bar = ">= 30 x faiss IndexBinaryFlat, the same pairs"
            if theirs:
                ratio = theirs["seconds"] / ours["seconds"]
                faiss = f"faiss {theirs['seconds']:.2f} s"
                met = ratio >= 30 and (theirs["pairs"], theirs["sum"]) == (ours["pairs"], ours["sum"])
            else:
                faiss = "faiss-cpu can't be had"
        elif count == 1_000_000:
            bar = "<= 2 s and 32 MB beside the hashes"
            met = ours["seconds"] <= 2 and ours["kilobytes"] <= 32_000
        row(
            f"All pairs within 8 among {count:,} even hashes with planted copies", bar,
            f"{ours['seconds']:.3f} s, {ours['kilobytes'] / 1000:.1f} MB, {ours['pairs']} pairs", met, peer=faiss,
            ratio=ratio)
    ratios = [seconds[100_000] / seconds[10_000], seconds[1_000_000] / seconds[100_000]]
    row(
        "Growth from 10,000 to 100,000 to 1,000,000 hashes", None, f"{ratios[0]:.1f} x, {ratios[1]:.1f} x", None,
        note="ten times the hashes: the walk over 65,536 buckets and their neighbours is the same, the comparisons within "
        "them grow a hundredfold; the first weighs most up to 100,000")
    path = written("skewed", skewed(truth, 1_000_000, 5))
    ours = min((product("near-pairs", 8, path) for _ in range(3)), key=lambda report: report["seconds"])
    row(
        f"All pairs within 8 among {ours['hashes']:,} pHashes of windows of real photos",
        "<= 2 s and 32 MB beside the hashes",
        f"{ours['seconds']:.3f} s, {ours['kilobytes'] / 1000:.1f} MB, {ours['pairs']} pairs",
        ours["seconds"] <= 2 and ours["kilobytes"] <= 32_000)
    one = product("near-one", 8, f"{work}/even-1000000")
    row(
        "What is near to one more hash among 1,000,000, in eight orientations", "<= 10 ms, p99",
        f"p50 {one['p50']} ms, p99 {one['p99']} ms", one["p99"] <= 10, note="the search alone, without the catalogue")


def megapixels(folder):
    """The mean of a folder's pictures."""
    from PIL import Image
    pixels = []
    for name in os.listdir(folder):
        with Image.open(f"{folder}/{name}") as picture:
            pixels.append(picture.width * picture.height)
    return sum(pixels) / len(pixels) / 1e6


def compare_folder(python, folder, work, is_judged):
    """From a folder of photos that nobody has seen before to clusters; the bars are those of photos of 2.9 megapixels."""
    environment = dict(os.environ, XDG_CACHE_HOME=f"{work}/cache")  # czkawka remembers hashes there
    seconds, notes = {}, []
    for tool in ["czkawka", "imagededup"]:
        done = subprocess.run(
            [python, PEERS, "folder", tool, folder], stdout=subprocess.PIPE, text=True, timeout=1800, env=environment)
        if done.returncode == 0:
            seconds[tool] = json.loads(done.stdout.splitlines()[-1])["seconds"]
        else:
            notes.append(f"{tool} did not run")
    if shutil.which("findimagedupes"):
        start = time.monotonic()
        done = subprocess.run(
            ["findimagedupes", "-q", "-R", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=1800)
        if done.returncode == 0:
            seconds["findimagedupes"] = time.monotonic() - start
    else:
        notes.append("findimagedupes is not installed")
    files = len(os.listdir(folder))
    rates = ", ".join(f"{tool} {files / taken:.0f}/s" for tool, taken in seconds.items())
    for name, kind, bars in [
        ("by hashes alone", "hashes", {"czkawka": 3, "imagededup": 5}),
        ("with a catalogue and renditions of 256 pixels", "small", {"czkawka": 1}),
        ("with a catalogue and renditions of 256, 512 and 1024 pixels", "library", {"czkawka": 1}),
    ]:
        ours = min((product("duplicate-folder", kind, folder) for _ in range(2)), key=lambda report: report["seconds"])
        ratios = {tool: taken / ours["seconds"] for tool, taken in seconds.items()}
        met = all(ratios[tool] >= bar for tool, bar in bars.items()) if set(bars) <= set(ratios) and is_judged else None
        row(
            f"A folder of {files} photos of {megapixels(folder):.1f} MP to clusters, {name}",
            None if not is_judged else ", ".join(f">= {bar} x {tool}" for tool, bar in bars.items()), f"{files / ours['seconds']:.0f} photos/s",
            met, peer=rates, ratio=ratios.get("czkawka"),
            note="; ".join([f"{tool} {ratio:.1f} x" for tool, ratio in ratios.items()] + notes))


def main():
    python = peers_python()
    with tempfile.TemporaryDirectory() as work:
        start = time.monotonic()
        truth = duplicates_truth.derive(os.environ["PHOTOTUI_CORPUS"], f"{work}/photos")
        print(f"{len(truth)} photos derived in {time.monotonic() - start:.0f} s", flush=True)
        parts = os.environ.get("PARTS", "near,found,certain,folder,library").split(",")
        if "near" in parts:
            compare_near(python, truth, work)
        if "found" in parts:
            compare_found(python, truth)
        if "certain" in parts:
            duplicates_certain.compare(work)
        if "folder" in parts:
            duplicates_truth.derive_large(os.environ["PHOTOTUI_CORPUS"], f"{work}/large")
            compare_folder(python, f"{work}/large", work, True)
            compare_folder(python, f"{work}/photos", work, False)
        if "library" in parts:
            duplicates_library.compare(work, product)


if __name__ == "__main__":
    main()
