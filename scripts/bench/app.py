#!/usr/bin/env python3
"""Drives the real app under a pty and compares with the bars: app.py PHOTOTUI LIBRARY [MONTH]

LIBRARY is opened as it is (scripts/generate_library.py makes one of a million photos); MONTH, as 2001-03, is jumped to.
Prints one line per figure and ends with 1 when a bar is missed.
"""
import fcntl, os, pty, select, signal, struct, sys, termios, time

ROWS, COLUMNS = 60, 200


class App:
    def __init__(self, program, library):
        self.started = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            time.sleep(0.2)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", LANG="C.UTF-8")
            os.execv(program, [program, "--library", library])
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


def main():
    program, library = sys.argv[1:3]
    month = sys.argv[3] if len(sys.argv) > 3 else "2001-03"
    figures = []
    first = []
    for _ in range(7):
        app = App(program, library)
        moment, _ = app.until(b"photos", 20)
        first.append((moment - app.started) * 1000)
        app.stop()
    figures.append(("first frame of the timeline, median ms", percentile(first, 0.5), 50))

    app = App(program, library)
    app.until(b"photos", 20)
    app.read(4)
    paints, moves = [], []
    for index in range(120):
        sent = app.send("l" if index % 10 < 5 else "h")
        data, began, _ = app.read(0.06)
        if began:
            paints.append((began - sent) * 1000)
            moves.append(len(data))
    figures.append(("key to paint p50, ms", percentile(paints, 0.5), 16))
    figures.append(("key to paint p95, ms", percentile(paints, 0.95), 16))
    figures.append(("cursor move at 200x60, median bytes", percentile(moves, 0.5), 300))
    pages = []
    for _ in range(40):
        sent = app.send("\x06")
        _, began, _ = app.read(0.1)
        if began:
            pages.append((began - sent) * 1000)
    figures.append(("page down to paint p95, ms", percentile(pages, 0.95), 16))
    app.send("J" + month)
    app.read(0.3)
    sent = app.send("\r")
    _, _, last = app.read(0.5)
    figures.append(("jump to a month, ms to the last byte", ((last or sent) - sent) * 1000, 100))
    app.read(3)
    before = app.processor_seconds()
    data, _, _ = app.read(10)
    figures.append(("idle, % of a processor over 10 s", (app.processor_seconds() - before) * 10, 0.5))
    figures.append(("idle, bytes written over 10 s", len(data), 0))
    figures.append(("private memory, MB", app.memory(), 60))
    app.stop()

    missed = False
    print(f"{'app at 200x60':<42}{'measured':>12}{'bar':>10}")
    for name, value, bar in figures:
        missed |= value > bar
        print(f"{name:<42}{value:>12.1f}{bar:>10}  {'' if value <= bar else 'MISSED'}")
    sys.exit(1 if missed else 0)


main()
