"""A program under a pty: what it draws, when, and how much."""
import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time


class App:
    def __init__(self, command, rows=60, columns=200, environment=None):
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            time.sleep(0.2)
            variables = {**(environment or os.environ), "TERM": "xterm-256color", "COLORTERM": "truecolor",
                         "LANG": "C.UTF-8"}
            try:
                os.execve(command[0], command, variables)
            finally:
                os._exit(127)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
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
