#!/usr/bin/env python3
"""Drives the real app under a pty, at 200 x 60, on a made-up library of 1,000,000 photos."""
import os
import shutil
import tempfile

from catalog import library
from decoder import row
from terminal import App, paints, percentile


def report(figure, unit, value, bar, note=None):
    row(figure, f"<= {bar} {unit}", f"{value:.1f} {unit}", value <= bar, note=note)


def main():
    program = f"{os.environ['PHOTOTUI_PROGRAMS']}/phototui"
    million = os.path.dirname(library(1_000_000))
    first = []
    for _ in range(7):
        app = App([program, "--library", million])
        moment, _ = app.until(b"photos", 20)
        first.append((moment - app.started) * 1000)
        app.read(1)
        app.stop()
    report("first frame of the timeline after start, median of 7", "ms", percentile(first, 0.5), 50)

    app = App([program, "--library", million])
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
        app = App([program, "--library", f"{folder}/library", os.environ["PHOTOTUI_CORPUS"]])
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
