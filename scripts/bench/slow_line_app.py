#!/usr/bin/env python3
"""The app at the far end of a line of 20 kB/s with a round trip of 300 ms: what a key waits for while pictures come."""
import os
import re
import string
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from decoder import corpus_files, row
from slow_line import SlowLine
from terminal import percentile

RATE, ROUND_TRIP = 20_000, 0.3
LETTERS = string.ascii_uppercase + string.ascii_lowercase
VERSION, ATTRIBUTES = b"\x1b[>0q", b"\x1b[c"
QUESTION = re.compile(rb"\x1b\[>0q|\x1b\[16t|\x1b\]1[01];\?\x1b\\|\x1b\[c|\x1b_Gi=(\d+),(?:U=1,)?a=q[^\x1b]*\x1b\\")
PICTURE = re.compile(rb"\x1b_G[^;\x1b]*;[^\x1b]*\x1b\\|\x1bP[^\x1b]*\x1b\\")


# Text, strings to their end, and other sequences.
WHOLE = re.compile(rb"(?:[^\x1b]|\x1b[_P\]][^\x1b\x07]*(?:\x1b\\|\x07)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[^_P\]\[])*")


class Terminal:
    """What answers and counts at the near end."""

    def __init__(self, name, attributes, is_kitty):
        self.name, self.attributes, self.is_kitty = name, attributes, is_kitty
        self.rest, self.text, self.picture_bytes, self.pictures = b"", b"", 0, 0

    def take(self, data):
        """The answers to what arrived."""
        data = self.rest + data
        # A sequence that isn't whole yet waits for its end.
        whole = WHOLE.match(data).end()
        self.rest, data = data[whole:], data[:whole]
        answers = b""
        for found in QUESTION.finditer(data):
            asked = found[0]
            if asked == VERSION:
                answers += b"\x1bP>|" + self.name + b"\x1b\\"
            elif asked == ATTRIBUTES:
                answers += self.attributes
            elif asked == b"\x1b[16t":
                answers += b"\x1b[6;16;8t"
            elif asked.startswith(b"\x1b_G") and self.is_kitty:
                answers += b"\x1b_Gi=" + found[1] + b";OK\x1b\\"
        self.picture_bytes += sum(len(found[0]) for found in PICTURE.finditer(data))
        self.pictures += data.count(b"f=100")
        self.text += PICTURE.sub(b"", data)
        return answers


KITTY = ("kitty", b"kitty(0.41.1)", b"\x1b[?62;c", True)
XTERM = ("sixel", b"XTerm(379)", b"\x1b[?63;1;2;4;6;9;15;22c", False)
PLAIN = ("symbols", b"XTerm(379)", b"\x1b[?63;1;2;6;9;15;22c", False)


class Session:
    def __init__(self, program, library, terminal, rate=RATE, round_trip=ROUND_TRIP):
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        self.terminal = Terminal(*terminal[1:])
        self.started = time.monotonic()
        self.line = SlowLine([program, "--library", library], rate, round_trip, 36, 120, environment=variables)

    def run(self, seconds, until=None):
        """Until the time is over, or `until` came; the moment of that."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.line.is_over:
            arrived, _ = self.line.step(left)
            answers = self.terminal.take(arrived) if arrived else b""
            if answers:
                self.line.send(answers)
            if until and re.search(until, self.terminal.text):
                return time.monotonic()
        return None

    def send(self, keys):
        self.line.send(keys)

    def key(self, key, wanted, seconds):
        """Milliseconds from a key to what it brings."""
        self.terminal.text = b""
        sent = time.monotonic()
        self.line.send(key)
        came = self.run(seconds, wanted)
        return ((came or sent + seconds) - sent) * 1000

    def quiet(self, seconds=1.5, limit=90):
        """Waits until nothing comes any more; how long that took."""
        start = last = time.monotonic()
        while time.monotonic() - last < seconds and time.monotonic() - start < limit:
            arrived, _ = self.line.step(0.1)
            if arrived:
                last = time.monotonic()
                answers = self.terminal.take(arrived)
                if answers:
                    self.line.send(answers)
        return last - start

    def stop(self):
        self.line.send(b"q")
        self.run(60)
        if not self.line.is_ended:
            os.kill(self.line.pid, 9)
        os.waitpid(self.line.pid, 0)


def make_photos(folder):
    """52 photos that differ in all letters of their names, so that a move of the cursor writes a whole name; in the order
    of the alphabet in the timeline."""
    from PIL import Image

    sources = [path for path in corpus_files() if path.lower().endswith((".jpg", ".jpeg"))]
    moment = time.time() - 86_400
    for number, letter in enumerate(LETTERS):
        with Image.open(sources[number % len(sources)]) as picture:
            picture.draft("RGB", (1800, 1200))
            part = number // len(sources) % 4
            left, top = part % 2 * picture.width // 2, part // 2 * picture.height // 2
            box = (left, top, left + picture.width // 2, top + picture.height // 2)
            path = f"{folder}/{letter * 8}.jpg"
            picture.convert("RGB").crop(box).resize((900, 600)).save(path, quality=85)
        os.utime(path, (moment - number * 60,) * 2)


def measure(program, library, terminal):
    name = terminal[0]
    session = Session(program, library, terminal)
    came = session.run(20, rb"photos")
    row(f"{name}: first text after start, beside its way", None,
        f"{(came - session.started - ROUND_TRIP / 2) * 1000:.0f} ms", None)
    bar = (0.1 + ROUND_TRIP) * 1000
    times, place = [], 0
    for index in range(16):
        session.run(0.25)
        place += 1 if index < 10 or index % 2 else -1
        key = b"l" if index < 10 or index % 2 else b"h"
        times.append(session.key(key, LETTERS[place].encode() * 8, 30))
    worst = percentile(times, 0.95)
    row(f"{name}: key to its text while the first wall comes, p95", f"<= {bar:.0f} ms", f"{worst:.0f} ms", worst <= bar,
        note=f"median {percentile(times, 0.5):.0f} ms: {' '.join(f'{value:.0f}' for value in times)}")
    took = session.quiet()
    sent, count = session.terminal.picture_bytes, session.terminal.pictures
    if terminal[3]:
        each = sent / max(1, count) / 1000
        row(f"{name}: bytes of a thumbnail, mean", "<= 25 kB", f"{each:.1f} kB", each <= 25,
            note=f"{count} sent, coarse ones and refined ones")
    row(f"{name}: the rest of the wall, refined", None, f"{took:.1f} s", None, note=f"{sent} bytes of pictures")
    wait = session.key(b"\x06", rb"([A-Za-z])\1{7}", 30)
    row(f"{name}: page down to its text", f"<= {bar:.0f} ms", f"{wait:.0f} ms", wait <= bar)
    session.quiet()
    if terminal[3]:
        before = session.terminal.picture_bytes
        session.send(b"\x02")
        session.quiet()
        back = session.terminal.picture_bytes - before
        row(f"{name}: pictures sent again for a page seen before", "0 bytes", f"{back} bytes", back == 0)
    session.stop()


def measure_near(program, library):
    """The same machine: nothing may be lost by what a slow line gains."""
    session = Session(program, library, KITTY, 200_000_000, 0.0002)
    took = session.quiet(1)
    row("kitty on the same machine: start to the last picture of the wall", None, f"{took:.2f} s", None,
        note=f"{session.terminal.picture_bytes} bytes of pictures")
    session.stop()


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else f"{os.environ['PHOTOTUI_PROGRAMS']}/phototui"
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/photos")
        make_photos(f"{folder}/photos")
        library = f"{folder}/library"
        if os.spawnl(os.P_WAIT, program, program, "--library", library, "import", f"{folder}/photos"):
            sys.exit("the photos could not be imported")
        measure_near(program, library)
        for terminal in (KITTY, XTERM, PLAIN):
            measure(program, library, terminal)


if __name__ == "__main__":
    main()
