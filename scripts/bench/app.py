#!/usr/bin/env python3
"""Drives the real app under a pty, at 200 x 60, on a made-up library of 1,000,000 photos."""
import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time

from catalog import library
from decoder import row

ROWS, COLUMNS = 60, 200


class App:
    def __init__(self, program, library, *paths):
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            time.sleep(0.2)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
            try:
                os.execv(program, [program, "--library", library, *paths])
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.started += 0.2

    def read(self, seconds):
        """What comes within the time, with the moment of its first and last byte."""
        data, first, last = b"", None, None
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.fd], [], [], left)[0]:
                break
            try:
                piece = os.read(self.fd, 1 << 16)
            except OSError:
                break
            last = time.monotonic()
            first = first or last
            data += piece
        return data, first, last

    def until(self, wanted, seconds):
        data, end = b"", time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.fd], [], [], 0.05)[0]:
                data += os.read(self.fd, 1 << 16)
                if wanted in data:
                    return time.monotonic(), data
        sys.exit(f"{wanted!r} never came; the last bytes were {data[-400:]!r}")

    def send(self, text):
        sent = time.monotonic()
        os.write(self.fd, text.encode())
        return sent

    def processor_seconds(self):
        fields = open(f"/proc/{self.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident bytes that no other process shares."""
        lines = open(f"/proc/{self.pid}/smaps_rollup").read().split("\n")
        return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean", "Private_Dirty"))) / 1000

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        # Whoever writes its last bytes to a full terminal waits for them to be read.
        while not os.waitpid(self.pid, os.WNOHANG)[0]:
            self.read(0.02)
        os.close(self.fd)


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def paints(app, keys, wait):
    """Milliseconds from each key to the first byte it brings, and the bytes of each answer."""
    times, sizes = [], []
    for key in keys:
        sent = app.send(key)
        data, began, _ = app.read(wait)
        if began:
            times.append((began - sent) * 1000)
            sizes.append(len(data))
    return times, sizes


def report(figure, unit, value, bar, note=None):
    row(figure, f"<= {bar} {unit}", f"{value:.1f} {unit}", value <= bar, note=note)


def main():
    program = f"{os.environ['PHOTOTUI_PROGRAMS']}/phototui"
    million = os.path.dirname(library(1_000_000))
    first = []
    for _ in range(7):
        app = App(program, million)
        moment, _ = app.until(b"photos", 20)
        first.append((moment - app.started) * 1000)
        app.read(1)
        app.stop()
    report("first frame of the timeline after start, median of 7", "ms", percentile(first, 0.5), 50)

    app = App(program, million)
    app.until(b"photos", 20)
    app.read(4)
    moves = ["l" if index % 10 < 5 else "h" for index in range(120)]
    times, sizes = paints(app, moves, 0.06)
    report("key to paint, p95", "ms", percentile(times, 0.95), 16, f"p50 {percentile(times, 0.5):.1f} ms")
    report("cursor move, median", "bytes", percentile(sizes, 0.5), 300)
    # From the key to its first byte: more than the frame alone.
    report("cursor move, frame, median", "ms", percentile(times, 0.5), 2)
    times, _ = paints(app, ["\x06"] * 40, 0.1)
    report("page down to paint, p95", "ms", percentile(times, 0.95), 16, f"p50 {percentile(times, 0.5):.1f} ms")
    jumps = []
    for month in ("2001-03", "2015-11", "2008-06", "2020-01", "2003-12"):
        app.send("J" + month)
        app.read(0.3)
        sent = app.send("\r")
        _, _, last = app.read(0.5)
        jumps.append(((last or sent) - sent) * 1000)
    report("jump to a month, the slowest of 5, to the last byte", "ms", max(jumps), 100)
    app.read(3)
    before = app.processor_seconds()
    data, _, _ = app.read(10)
    report("idle for 10 s", "% of a processor", (app.processor_seconds() - before) * 10, 0.5)
    report("idle for 10 s, written", "bytes", len(data), 0)
    report("private memory", "MB", app.memory(), 60, "a made-up library has no thumbnails")
    app.stop()

    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(million, f"{folder}/library")
        os.sync()
        app = App(program, f"{folder}/library", os.environ["PHOTOTUI_CORPUS"])
        app.until(b"photos", 20)
        app.read(4)
        # The status line is drawn anew while photos come in, so a paint is the first byte behind the key.
        times, _ = paints(app, moves, 0.06)
        report(
            "key to paint while importing, p95", "ms", percentile(times, 0.95), 16,
            f"p50 {percentile(times, 0.5):.1f} ms")
        app.stop()


if __name__ == "__main__":
    main()
