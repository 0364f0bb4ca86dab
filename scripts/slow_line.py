#!/usr/bin/env python3
"""Puts a slow line between a program and its terminal: `slow_line.py [--rate 20000] [--round-trip 300] PROGRAM ...`.

`--rate` is bytes a second towards the terminal, `--round-trip` milliseconds, half of them each way. Like an SSH connection
it takes all that the program writes and has it wait for its turn, however much that is.
"""
import argparse
import collections
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
import tty


class SlowLine:
    """A program on a pseudo-terminal at the far end of a line. Moments are those of time.monotonic()."""

    PIECE = 64

    def __init__(self, command, rate=20_000, round_trip=0.3, rows=24, columns=80, pixels=(0, 0), environment=None):
        self.rate, self.way = rate, round_trip / 2
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, *pixels))
            try:
                os.execvpe(command[0], command, environment or os.environ)
            finally:
                os._exit(127)
        self.free_at = 0.0
        # What is on its way: when it arrives, and what it is.
        self.down, self.up = collections.deque(), collections.deque()
        self.is_ended = False

    def resize(self, rows, columns, pixels):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, *pixels))

    def send(self, data):
        """Types at the near end."""
        self.up.append((time.monotonic() + self.way, data))

    def waiting(self):
        """Bytes that wait for their turn on the line now."""
        return max(0, int((self.free_at - time.monotonic()) * self.rate))

    def _take(self):
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            data = b""
        if not data:
            self.is_ended = True
        for start in range(0, len(data), self.PIECE):
            piece = data[start:start + self.PIECE]
            self.free_at = max(self.free_at, time.monotonic()) + len(piece) / self.rate
            self.down.append((self.free_at + self.way, piece))

    def step(self, timeout, also=()):
        """What arrives at the near end within a moment, and which of the files `also` can be read."""
        now = time.monotonic()
        arrivals = [queue[0][0] for queue in (self.down, self.up) if queue]
        left = min([timeout] + [max(0, arrival - now) for arrival in arrivals])
        files = list(also) + ([] if self.is_ended else [self.fd])
        ready = select.select(files, [], [], left)[0]
        if self.fd in ready:
            self._take()
            ready.remove(self.fd)
        now = time.monotonic()
        while self.up and self.up[0][0] <= now:
            try:
                os.write(self.fd, self.up.popleft()[1])
            except OSError:
                self.is_ended = True
        arrived = b""
        while self.down and self.down[0][0] <= now:
            arrived += self.down.popleft()[1]
        return arrived, ready

    @property
    def is_over(self):
        return self.is_ended and not self.down


def window():
    """Rows, columns, and both in pixels, as far as the terminal tells."""
    return struct.unpack("HHHH", fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rate", type=int, default=20_000)
    options.add_argument("--round-trip", type=float, default=300)
    options.add_argument("command", nargs=argparse.REMAINDER)
    chosen = options.parse_args()
    if not chosen.command:
        options.error("which program?")
    before, (rows, columns, *pixels) = termios.tcgetattr(0), window()
    line = SlowLine(chosen.command, chosen.rate, chosen.round_trip / 1000, rows, columns, pixels)

    def resize(*_):
        rows, columns, *pixels = window()
        line.resize(rows, columns, pixels)

    signal.signal(signal.SIGWINCH, resize)
    tty.setraw(0)
    try:
        while not line.is_over:
            arrived, ready = line.step(1, [0])
            os.write(1, arrived)
            if ready:
                line.send(os.read(0, 4096))
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(line.pid, 0)[1]))


if __name__ == "__main__":
    main()
