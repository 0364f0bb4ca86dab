"""The programs under test, each a process that can be killed, frozen and started again."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True


class Program:
    """One phototui with a home of its own, as on a machine of its own. Its output goes to a log."""

    def __init__(self, name, arguments, environment, folder):
        self.name, self.arguments = name, arguments
        self.home = folder / name
        self.home.mkdir(exist_ok=True)
        self.log = self.home / "log"
        self.environment = {**environment, "HOME": str(self.home), "XDG_CACHE_HOME": str(self.home / "cache")}
        self.process = None
        self.began = 0.0
        self.starts = 0

    def start(self):
        with open(self.log, "ab") as log, open(self.home / "output", "wb") as output:
            self.process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=log, start_new_session=True,
                env=self.environment, cwd=self.home)
        self.began = time.monotonic()
        self.starts += 1

    @property
    def runs(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        """To the program and its decoders."""
        if self.runs:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self, alone):
        """`alone` leaves it to the decoders to notice."""
        if self.runs:
            self.process.kill() if alone else self.signal(signal.SIGKILL)
            self.process.wait()
        if self.process and alone:
            # What is left of a frozen one would stay so.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGCONT)

    def end(self, seconds):
        """Asks it to end; its exit code, or nil when it had to be killed."""
        self.signal(signal.SIGCONT)
        deadline = time.monotonic() + seconds
        while self.runs and not self.heeds(signal.SIGTERM) and time.monotonic() < deadline:
            time.sleep(0.02)
        if self.runs:
            self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        self.kill(alone=False)
        return None

    def heeds(self, number):
        """Whether it has begun to listen: while the libraries of one just started are loaded, a signal ends any program."""
        with contextlib.suppress(OSError, StopIteration):
            with open(f"/proc/{self.process.pid}/status") as status:
                caught = next(line for line in status if line.startswith("SigCgt:"))
            return int(caught.split()[1], 16) >> (number - 1) & 1 == 1
        return False

    def document(self):
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.home / "output").read_text())
        return None

    def last_words(self):
        lines = self.log.read_text(errors="replace").splitlines()
        return lines[-1][-300:] if lines else ""
