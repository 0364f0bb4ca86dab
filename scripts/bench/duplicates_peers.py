"""One peer in its own environment: duplicates_peers.py NAME DISTANCE,…, files on standard input; prints a JSON line.

`duplicates_peers.py folder NAME FOLDER` times a whole run over a folder instead.

Photos within the distance share a cluster (union of all pairs), which is how each of these tools groups them.
"""
import json
import os
import subprocess
import sys
import tempfile
import time
import types


def union(count, pairs):
    root = list(range(count))

    def find(index):
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for one, other in pairs:
        root[find(one)] = find(other)
    groups = {}
    for index in range(count):
        groups.setdefault(find(index), []).append(index)
    return [group for group in groups.values() if len(group) > 1]


def imagehash_clusters(files, distances):
    import imagehash
    from PIL import Image
    hashes = [int(str(imagehash.phash(Image.open(path))), 16) for path in files]
    return [union(len(files), (
        (one, other) for one in range(len(files)) for other in range(one)
        if (hashes[one] ^ hashes[other]).bit_count() <= distance)) for distance in distances]


def without_networks():
    """imagededup's neural part is imported with the rest and not used here."""
    import sklearn.metrics.pairwise  # before the stand-ins below, which it would take for the real ones
    for name in ["torch", "torchvision", "imagededup.methods.cnn", "imagededup.utils.data_generator",
                 "imagededup.utils.models"]:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__getattr__ = lambda _: type("Unused", (), {})


def imagededup_clusters(files, distances):
    without_networks()
    from imagededup.methods import PHash
    places = {os.path.basename(path): index for index, path in enumerate(files)}
    method = PHash(verbose=False)
    encodings = {name: method.encode_image(image_file=files[index]) for name, index in places.items()}
    encodings = {name: code for name, code in encodings.items() if code is not None}
    clusters = []
    for distance in distances:
        found = method.find_duplicates(encoding_map=encodings, max_distance_threshold=distance)
        clusters.append(
            union(len(files), ((places[one], places[other]) for one, others in found.items() for other in others)))
    return clusters


def czkawka_clusters(files, distances):
    from pathlib import Path

    from czkawka import ImageSimilarity
    places = {os.path.realpath(path): index for index, path in enumerate(files)}
    clusters = []
    for distance in distances:
        finder = ImageSimilarity()
        # It reads folders: files that aren't asked about are left out of what it finds.
        finder.set_directories([Path(os.path.dirname(files[0]))])
        finder.set_similarity(distance)
        pairs = []
        for group in finder.find_similar():
            members = [places[path] for path in (os.path.realpath(str(one)) for one in group) if path in places]
            pairs += [(members[0], other) for other in members[1:]]
        clusters.append(union(len(files), pairs))
    return clusters


def findimagedupes_clusters(files, distances):
    """A Debian program, whose fingerprints have 256 bits: the same share of them as the distance is of 64. Its database keeps
    what the first run has read."""
    clusters = []
    places = {path: index for index, path in enumerate(files)}
    with tempfile.TemporaryDirectory() as folder:
        for distance in distances:
            done = subprocess.run(
                ["findimagedupes", "-q", "-0", "-f", f"{folder}/fingerprints", "-t", f"{4 * distance}b",
                 "-i", 'VIEW(){ printf "%s\\t" "$@"; echo; }', "--", "-"],
                input="\0".join(files).encode(), stdout=subprocess.PIPE, check=True)
            groups = [line.rstrip("\t").split("\t") for line in done.stdout.decode().splitlines()]
            clusters.append(union(len(files), (
                (places[group[0]], places[other]) for group in groups for other in group[1:])))
    return clusters


def faiss_pairs(path, distance):
    import faiss
    import numpy
    faiss.omp_set_num_threads(1)
    hashes = numpy.fromfile(path, dtype=numpy.uint64)
    codes = hashes.view(numpy.uint8).reshape(-1, 8)
    start = time.monotonic()
    index = faiss.IndexBinaryFlat(64)
    index.add(codes)
    limits, _, labels = index.range_search(codes, distance + 1)
    seconds = time.monotonic() - start
    first = numpy.repeat(numpy.arange(len(hashes)), numpy.diff(limits.astype(numpy.int64)))
    kept = first < labels
    first, second = first[kept].astype(numpy.uint64), labels[kept].astype(numpy.uint64)
    total = (first * numpy.uint64(0x1_0000_0001) + second * numpy.uint64(0x9E37_79B1)).sum(dtype=numpy.uint64)
    return {"pairs": int(kept.sum()), "sum": str(total), "seconds": seconds}


def folder_seconds(name, folder):
    """How long a tool takes from a folder of photos that it has never seen to clusters, by its defaults."""
    if name == "imagededup":
        without_networks()
        from imagededup.methods import PHash
        start = time.monotonic()
        method = PHash(verbose=False)
        encodings = method.encode_images(image_dir=folder)
        method.find_duplicates(encoding_map=encodings, max_distance_threshold=4)
        return {"files": len(encodings), "seconds": time.monotonic() - start}
    from pathlib import Path

    from czkawka import ImageSimilarity
    start = time.monotonic()
    finder = ImageSimilarity()
    finder.set_directories([Path(folder)])
    finder.set_similarity(4)
    finder.find_similar()
    return {"files": len(os.listdir(folder)), "seconds": time.monotonic() - start}


def main():
    if sys.argv[1] == "folder":
        print(json.dumps(folder_seconds(*sys.argv[2:])))
        return
    name, distances = sys.argv[1], [int(one) for one in sys.argv[2].split(",")]
    if name == "faiss":
        print(json.dumps(faiss_pairs(sys.argv[3], distances[0])))
        return
    files = sys.stdin.read().splitlines()
    clusters = {
        "imagehash": imagehash_clusters, "imagededup": imagededup_clusters, "czkawka": czkawka_clusters,
        "findimagedupes": findimagedupes_clusters,
    }[name](files, distances)
    print(json.dumps({
        distance: [[files[index] for index in group] for group in groups]
        for distance, groups in zip(distances, clusters)}))


if __name__ == "__main__":
    main()
