"""What goes wrong, when, and for how long: a plan that a seed makes, and what carries it out."""
import asyncio
import contextlib
import dataclasses
import os
import random
import signal
import time

SERVERS = ("redis", "pgbouncer", "postgres", "seaweedfs")
# How often each kind is drawn. What is in front of a server: redis, database, storage.
WEIGHTS = {
    "worker killed": 4, "worker frozen": 3, "decoder killed": 1, "import killed": 4, "import frozen": 1,
    "redis killed": 2, "redis frozen": 2, "pgbouncer killed": 2, "pgbouncer frozen": 1, "postgres killed": 2,
    "postgres backend killed": 2, "postgres frozen": 2, "seaweedfs killed": 2, "seaweedfs frozen": 2,
    "redis cut": 1, "redis refuse": 1, "redis silent": 1, "redis mute": 2, "redis slow": 1,
    "database cut": 1, "database refuse": 1, "database silent": 1, "database mute": 2, "database slow": 1,
    "storage cut": 1, "storage refuse": 1, "storage silent": 1, "storage mute": 2, "storage slow": 1,
    "storage busy": 3,
}


@dataclasses.dataclass
class Fault:
    at: float
    kind: str
    seconds: float
    # Which of several is meant, and what else is left to chance: numbers of the plan's own, so that it is the same
    # whatever the run does meanwhile.
    which: int
    level: float

    def __str__(self):
        return f"{self.at:6.1f} s  {self.kind} for {self.seconds:.1f} s"


def plan(seed, seconds, pause, longest, lease):
    """Every kind once where there is time for it, then by weight; Redis is flushed once, at half time."""
    chance = random.Random(seed)
    waiting = list(WEIGHTS)
    chance.shuffle(waiting)
    faults, at = [], chance.uniform(1, 2)
    while at < seconds:
        kind = waiting.pop() if waiting else chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        faults.append(Fault(at, kind, chance.uniform(0.3, longest), chance.randrange(1000), chance.random()))
        at += chance.uniform(*pause)
    faults.append(Fault(seconds / 2, "redis flushed", 0, 0, 0))
    if seconds > 1.5 * lease:
        # Long enough for its jobs to be another's when it wakes.
        faults.append(Fault(seconds / 6, "worker frozen", lease * 1.2, chance.randrange(1000), 0))
    return sorted(faults, key=lambda fault: fault.at)


class Chaos:
    """Carries out a plan on servers, proxies and programs; `end` makes all of them whole."""

    def __init__(self, services, proxies, workers, importer, note):
        self.services, self.proxies, self.workers, self.importer, self.note = services, proxies, workers, importer, note
        self.counts = {}
        self.serial = 0
        # The last fault of each victim: an earlier one that ends must not end it.
        self.latest = {}
        self.tasks = set()

    async def run(self, faults):
        began = time.monotonic()
        for fault in faults:
            await asyncio.sleep(max(0, began + fault.at - time.monotonic()))
            self.note(str(fault))
            self.counts[fault.kind] = self.counts.get(fault.kind, 0) + 1
            task = asyncio.ensure_future(self.carry_out(fault))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        await asyncio.sleep(max(0, faults[-1].seconds))

    async def end(self):
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for name in SERVERS:
            self.services.signal(name, signal.SIGCONT)
        for program in (*self.workers, self.importer):
            program.signal(signal.SIGCONT)
        for proxy in self.proxies.values():
            await proxy.set(None)
        for name in SERVERS:
            await self.launch(name)
        for worker in self.workers:
            if not worker.runs:
                worker.start()

    async def carry_out(self, fault):
        victim, _, verb = fault.kind.rpartition(" ")
        if fault.kind == "redis flushed":
            await self.flush()
        elif victim in self.proxies and verb not in ("killed", "frozen"):
            await self.disturb(victim, verb, fault)
        elif victim == "postgres backend":
            processes = self.services.processes("postgres")[1:]
            if processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(processes[fault.which % len(processes)], signal.SIGKILL)
        elif victim == "decoder":
            self.kill_decoder(fault)
        elif victim in SERVERS:
            await self.strike_server(victim, verb, fault)
        else:
            program = self.importer if victim == "import" else self.workers[fault.which % len(self.workers)]
            await self.strike_program(program, verb, fault)

    async def disturb(self, name, verb, fault):
        proxy = self.proxies[name]
        if verb == "cut":
            return proxy.cut()
        serial = self.begin(name)
        # Half of the 503 say when to come back.
        seconds = {"slow": 0.4 * fault.level, "busy": 1 if fault.level < 0.5 else 0}.get(verb, 0)
        await proxy.set(verb, seconds)
        await asyncio.sleep(fault.seconds)
        if self.latest[name] == serial:
            await proxy.set(None)

    def kill_decoder(self, fault):
        worker = self.workers[fault.which % len(self.workers)]
        if worker.runs:
            found = [process for process in self.children(worker.process.pid)]
            if found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(found[fault.which % len(found)], signal.SIGKILL)

    async def strike_server(self, name, verb, fault):
        serial = self.begin(name)
        if verb == "frozen":
            self.services.signal(name, signal.SIGSTOP)
            await asyncio.sleep(fault.seconds)
            if self.latest[name] == serial:
                self.services.signal(name, signal.SIGCONT)
            return
        self.services.signal(name, signal.SIGKILL)
        await asyncio.sleep(fault.seconds)
        await self.launch(name)

    async def strike_program(self, program, verb, fault):
        serial = self.begin(program.name)
        if verb == "frozen":
            program.signal(signal.SIGSTOP)
            await asyncio.sleep(fault.seconds)
            if self.latest[program.name] == serial:
                program.signal(signal.SIGCONT)
            return
        program.kill(alone=fault.level < 0.5)
        await asyncio.sleep(fault.seconds)
        if self.latest[program.name] == serial and program is not self.importer and not program.runs:
            program.start()

    def begin(self, victim):
        self.serial += 1
        self.latest[victim] = self.serial
        return self.serial

    async def launch(self, name):
        """Until it stays: a Postgres waits for the children of the one that was killed."""
        while True:
            self.services.launch_server(name)
            await asyncio.sleep(1)
            if self.services.process(name):
                return

    async def flush(self):
        """FLUSHALL, and again until Redis is there to take it."""
        while True:
            with contextlib.suppress(OSError, EOFError, asyncio.TimeoutError):
                reader, writer = await asyncio.open_unix_connection(f"{self.services.folder}/redis/redis.sock")
                writer.write(b"FLUSHALL\r\n")
                answer = await asyncio.wait_for(reader.readline(), 5)
                writer.close()
                if answer.startswith(b"+OK"):
                    return
            await asyncio.sleep(0.2)

    @staticmethod
    def children(process):
        from services import children
        return children(process)
