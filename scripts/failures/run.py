#!/usr/bin/env python3
"""The failure run: photos are imported and processed while everything they need is killed, frozen and cut off at random.

    run.py --programs DIR --photos-from DIR [--seed N] [--files N] [--seconds S] [--json]

It starts servers of its own, with proxies in front of them; feeds files to `phototui import` while `phototui worker`
processes run their jobs; carries out the faults that the seed makes; then leaves all alone until every job is done, and
asks Postgres, the bucket and Redis themselves whether each job is done, its effect applied exactly once, and no object
without a row nor row without an object. Exit code 0 only when all of that holds.
"""
import argparse
import asyncio
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "services"))

import services as servers  # noqa: E402
import faults  # noqa: E402
import photos  # noqa: E402
import programs  # noqa: E402
import proxy  # noqa: E402
import verdict  # noqa: E402


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", required=True, help="the folder of phototui and phototui-decoder")
    parser.add_argument("--photos-from", required=True, help="a folder of photos to make others from")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, default=2105, help="one in twenty is a copy: 2,000 jobs")
    parser.add_argument("--seconds", type=float, default=180, help="how long things go wrong")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--lease", type=float, default=60, help="the workers' --lease")
    parser.add_argument("--recovery", type=float, default=420, help="how long it may take afterwards")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout, the rest on stderr")
    parser.add_argument("--keep", action="store_true", help="keep the folder of logs and data when all is well, too")
    return parser.parse_args()


class Run:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.services = servers.Services(folder / "run")
        self.began = time.monotonic()
        self.import_ends = {}
        self.workers = []
        self.deserters = []

    def note(self, text):
        print(f"{time.monotonic() - self.began:6.1f}  {text}", file=sys.stderr, flush=True)

    async def run(self):
        self.services.start()
        self.note("servers are ready")
        source = self.folder / "photos"
        source.mkdir()
        self.digests = photos.make(self.options.photos_from, source, self.options.files, self.options.seed)
        self.note(f"{len(self.digests)} files of {len(set(self.digests.values()))} photos are made")
        await self.prepare(source)
        self.catalogue = verdict.Catalogue(self.services)
        for worker in self.workers:
            worker.start()
        chaos = faults.Chaos(self.services, self.proxies, self.workers, self.importer, self.note)
        try:
            return await self.trial(chaos, source)
        finally:
            for program in (*self.workers, self.importer):
                program.kill(alone=False)

    async def prepare(self, source):
        """The proxies, the schema with the judge in it, and the programs."""
        settings, seed = self.services.settings, self.options.seed
        self.proxies = {
            "redis": proxy.Proxy("redis", int(settings["redis_port"]), seed=seed),
            "database": proxy.Proxy("database", str(self.services.folder / "pgbouncer/.s.PGSQL.6432"), seed=seed),
            "storage": proxy.Proxy("storage", int(settings["s3_port"]), speaks_http=True, seed=seed),
        }
        for one in self.proxies.values():
            await one.start()
        broker = f"redis://127.0.0.1:{self.proxies['redis'].port}/0"
        config = self.folder / "config.toml"
        config.write_text(f"""[profiles.failures]
database = "host=127.0.0.1 port={self.proxies['database'].port} dbname=phototui user=phototui_app"
database_owner = "host={self.services.folder}/postgres port=5432 dbname=phototui user=phototui_owner"
storage = "s3://phototui-test?endpoint=http://127.0.0.1:{self.proxies['storage'].port}&region=us-east-1"
storage_access_key = "{settings['access_key']}"
owner = "ada"
broker = "{broker}"
""")
        environment = {
            "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "PHOTOTUI_CONFIG": str(config),
            "PHOTOTUI_DATABASE_PASSWORD": settings["app_password"], "PHOTOTUI_STORAGE_SECRET_KEY": settings["secret_key"],
        }
        program = f"{os.path.abspath(self.options.programs)}/phototui"
        profile = ["--profile", "failures"]
        owner = {**environment, "PHOTOTUI_DATABASE_PASSWORD": settings["owner_password"]}
        migration = programs.Program("migrate", [program, "migrate", *profile], owner, self.folder)
        migration.start()
        if migration.process.wait(60) != 0:
            raise OSError(f"migrate: {migration.last_words()}")
        verdict.Catalogue(self.services).run((HERE / "judge.sql").read_text())
        self.incoming = self.folder / "incoming"
        self.incoming.mkdir()
        self.importer = programs.Program(
            "import", [program, "import", str(self.incoming), *profile, "--json"], environment, self.folder)
        self.workers = [
            programs.Program(
                f"worker-{number}",
                [program, "worker", *profile, "--concurrency", "2", "--name", f"w{number}@failures",
                 "--visibility", "120", "--lease", str(self.options.lease)],
                environment, self.folder)
            for number in range(self.options.workers)]

    async def trial(self, chaos, source):
        feeding = asyncio.ensure_future(self.feed(source))
        importing = asyncio.ensure_future(self.keep_importing())
        watching = asyncio.ensure_future(self.watch())
        plan = faults.plan(
            self.options.seed, self.options.seconds, (0.5, 3) if self.options.seconds > 60 else (0.4, 1.2),
            8 if self.options.seconds > 60 else 3, self.options.lease)
        await chaos.run(plan)
        self.note("nothing goes wrong from here on")
        await chaos.end()
        whole = time.monotonic()
        await feeding
        done_at = await self.recover(whole)
        watching.cancel()
        importing.cancel()
        await asyncio.gather(watching, importing, return_exceptions=True)
        seconds = (done_at or time.monotonic()) - whole
        self.note(f"recovered in {seconds:.1f} s" if done_at else "did not recover")
        await self.settle()
        self.note("no message is left")
        codes = await asyncio.gather(*(asyncio.to_thread(worker.end, 60) for worker in self.workers))
        self.note("workers have drained")
        result = await asyncio.to_thread(verdict.judge, self.services, self.digests)
        result.fault("not recovered in time", f"{seconds:.0f} s", done_at is None)
        result.fault("a worker did not drain", codes, any(code != 0 for code in codes))
        result.fault("the last import did not end well", self.import_ends, not self.is_imported)
        for deserter in self.deserters:
            result.fault("a worker ended by itself", deserter)
        result.figures["seconds_to_recover"] = round(seconds, 1)
        result.figures["imports"] = self.importer.starts
        return plan, chaos, result

    async def feed(self, source):
        """Lets files appear over the whole time, in an order of the seed's."""
        chance = random.Random(f"feed {self.options.seed}")
        files = list(self.digests)
        chance.shuffle(files)
        portions = max(1, round(self.options.seconds / 6))
        size = -(-len(files) // portions)
        for number in range(portions):
            for path in files[number * size:(number + 1) * size]:
                target = self.incoming / path.relative_to(source)
                target.parent.mkdir(exist_ok=True)
                path.rename(target)
            await asyncio.sleep(self.options.seconds / portions)

    async def keep_importing(self):
        """Imports again and again, as a person does whose import ended; `is_imported` once one has found all files."""
        self.is_imported = False
        while True:
            self.importer.start()
            while self.importer.runs:
                await asyncio.sleep(0.1)
            code, found = self.importer.process.returncode, (self.importer.document() or {}).get("found")
            self.import_ends[code] = self.import_ends.get(code, 0) + 1
            if code not in (0, -9):
                self.note(f"import ended with {code}: {self.importer.last_words()}")
            if code == 0 and found == len(self.digests):
                self.is_imported = True
                return
            await asyncio.sleep(0.5)

    async def watch(self):
        """Starts workers again that end by themselves, as systemd does, and remembers those that ran before."""
        while True:
            for worker in self.workers:
                if worker.process.poll() not in (None, -9):
                    ran = time.monotonic() - worker.began
                    words = f"{worker.name} after {ran:.1f} s with {worker.process.returncode}: {worker.last_words()}"
                    self.note(words)
                    if ran > 30:
                        self.deserters.append(words)
                    worker.start()
            await asyncio.sleep(1)

    async def recover(self, began):
        """When all files were imported and all jobs done; nil when that took too long."""
        while time.monotonic() - began < self.options.recovery:
            if self.is_imported:
                with contextlib.suppress(OSError):
                    if await asyncio.to_thread(self.catalogue.unfinished) == 0:
                        return time.monotonic()
            await asyncio.sleep(0.5)
        return None

    async def settle(self):
        """Messages for jobs that are done, left by workers that were killed, come back when their visibility has run out."""
        import redis
        broker = redis.Redis(unix_socket_path=str(self.services.folder / "redis/redis.sock"))
        deadline = time.monotonic() + 30 + 2 * self.options.lease
        while time.monotonic() < deadline:
            if not broker.hlen("unacked") and not any(broker.llen(name) for name in verdict.QUEUES):
                return
            await asyncio.sleep(0.5)


def table(figures):
    width = max(len(name) for name in figures)
    return "\n".join(f"{name.replace('_', ' '):{width}}  {value}" for name, value in figures.items())


def main():
    options = arguments()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="phototui-f", dir="/tmp"))
    folder.chmod(0o711)
    run = Run(options, folder)
    is_well = False
    try:
        plan, chaos, result = asyncio.run(run.run())
        figures = {
            "seed": options.seed, "faults": len(plan), **result.figures,
            "lost": result.count("photo lost", "job lost", "effect lost"),
            "applied_twice": result.count("effect applied twice", "job twice"),
            "orphans": result.count("object without a row", "photo from nowhere"),
            "missing": result.count("original missing", "original damaged", "rendition missing", "rendition damaged"),
        }
        is_well = not result.faults
        kinds = dict(sorted(chaos.counts.items()))
        proxies = {f"{name} {what}": count for name, one in run.proxies.items() for what, count in one.counts.items()}
        found = {kind: {"count": len(examples), "example": examples[0]} for kind, examples in result.faults.items()}
        if options.json:
            print(json.dumps({**figures, "kinds": kinds, "proxies": proxies, "faults_found": found, "ok": is_well}))
        out = sys.stderr if options.json else sys.stdout
        print(table({**kinds, **proxies}) + "\n\n" + table(figures), file=out)
        for kind, entry in found.items():
            print(f"FAILED: {kind}: {entry['count']} times, e.g. {entry['example']}", file=out)
    finally:
        if not (is_well or options.keep):
            print(f"the logs are in {folder}", file=sys.stderr)
            for entry in ("incoming", "photos"):
                shutil.rmtree(folder / entry, ignore_errors=True)
        logs = folder / "logs"
        for name in (*faults.SERVERS,):
            with contextlib.suppress(OSError):
                logs.mkdir(exist_ok=True)
                shutil.copy(folder / f"run/{name}.log", logs)
        for name in faults.SERVERS:
            # Their data goes with the folder: nobody waits for a good end.
            run.services.signal(name, signal.SIGKILL)
        run.services.stop()
        if is_well and not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if is_well else 1)


if __name__ == "__main__":
    main()
