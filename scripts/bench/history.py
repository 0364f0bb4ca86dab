#!/usr/bin/env python3
"""The history of tasks after 1,000,000 events: what watching them takes in memory, with Flower on the same events beside it, and how
soon one failed task among 1,000,000 is found by its error; and one dead job among 1,000,000 of a library, on SQLite and on Postgres.
"""
import base64
import json
import os
import shlex
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ["PHOTOTUI_PROGRAMS"] + "/phototui"
TASKS, EVENTS, ALL_TASKS = 333_334, 1_000_000, 1_000_000
AT_ONCE, PER_SECOND = 100, 8_000
ROUNDS = 10
CHANNEL = "/0.celeryev/task.multi"


def figure(name, bar, measured, met, peer=None, ratio=None, note=None):
    print(json.dumps({"figure": name, "bar": bar, "measured": measured, "peer": peer, "ratio": ratio, "met": met,
                      "note": note}), flush=True)


def resident(process, field="VmHWM"):
    """Megabytes; the most that it had at any time."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        for line in status:
            if line.startswith(field):
                return int(line.split()[1]) / 1000
    return 0.0


class Broker:
    def __init__(self, folder):
        import redis
        self.port = 7400 + os.getpid() % 500
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.environment = dict(os.environ, HOME=folder)
        self.server = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.redis = redis.Redis(port=self.port)
        deadline = time.monotonic() + 10
        while True:
            try:
                self.redis.ping()
                break
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    sys.exit("redis-server did not start")
                time.sleep(0.02)
        self.clock = 0

    def start(self, *command):
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                env=self.environment)

    def until_heard(self):
        deadline = time.monotonic() + 60
        while not any(count for _, count in self.redis.pubsub_numsub(CHANNEL)) and not self.redis.pubsub_numpat():
            if time.monotonic() > deadline:
                sys.exit("nobody subscribed")
            time.sleep(0.05)
        time.sleep(1)

    def tell(self, events):
        """In lists of 100, no more than 8,000 a second, as some busy workers do."""
        begun, sent, batch = time.monotonic(), 0, []
        for event in events:
            self.clock += 1
            event.update(hostname=f"celery@host{self.clock % 8}", utcoffset=0, pid=1, clock=self.clock,
                         timestamp=time.time())
            batch.append(event)
            if len(batch) == AT_ONCE:
                self.publish(batch)
                sent += len(batch)
                batch = []
                ahead = sent / PER_SECOND - (time.monotonic() - begun)
                if ahead > 0:
                    time.sleep(ahead)
        if batch:
            self.publish(batch)
        return time.monotonic() - begun

    def publish(self, batch):
        body = base64.b64encode(json.dumps(batch).encode()).decode()
        self.redis.publish(CHANNEL, json.dumps({
            "body": body, "content-encoding": "utf-8", "content-type": "application/json",
            "headers": {"hostname": "celery@host"},
            "properties": {"delivery_mode": 1, "delivery_info": {"exchange": "celeryev", "routing_key": "task.multi"},
                           "priority": 0, "body_encoding": "base64", "delivery_tag": f"tag-{self.clock}"}}))


def succeeding():
    """1,000,000 events of tasks that succeed."""
    left = EVENTS
    for number in range(TASKS):
        id = f"{number:08x}-0000-4000-8000-{number:012x}"
        for event in (
                {"type": "task-received", "uuid": id, "name": f"shop.task{number % 40}", "args": f"({number}, 'abc')",
                 "kwargs": "{'user': 17}", "root_id": id, "parent_id": None, "retries": 0, "eta": None, "expires": None},
                {"type": "task-started", "uuid": id},
                {"type": "task-succeeded", "uuid": id, "result": "None", "runtime": 0.125}):
            if left:
                left -= 1
                yield event


def failing():
    """The tasks up to 1,000,000, each with an error of its own."""
    for number in range(TASKS, ALL_TASKS):
        yield {"type": "task-failed", "uuid": f"{number:08x}-0000-4000-8000-{number:012x}",
               "exception": f"ValueError('user {number} not found in shard {number % 7}')",
               "traceback": "Traceback (most recent call last):\n  File \"shop.py\", line 7\nValueError"}


def run(broker, *arguments):
    start = time.perf_counter()
    done = subprocess.run(
        [PROGRAM, *arguments, "--broker", broker.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, env=broker.environment, check=False)
    if done.returncode != 0:
        sys.exit(f"phototui {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()}")
    return time.perf_counter() - start, done.stdout


def last_line(process):
    lines = process.stdout.read().splitlines()
    return json.loads(lines[-1]) if lines else {}


def processor_seconds(process):
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until_caught_up(process):
    """Until it has nothing more to do for two seconds."""
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        before = processor_seconds(process)
        time.sleep(2)
        if processor_seconds(process) - before < 0.1:
            return
    sys.exit("it never caught up")


def watching(broker):
    process = broker.start(PROGRAM, "jobs", "watch", "--json", "--broker", broker.url, "--megabytes", "8000")
    broker.until_heard()
    seconds = broker.tell(succeeding())
    until_caught_up(process)
    most = resident(process)
    processor = processor_seconds(process)
    broker.tell(failing())
    until_caught_up(process)
    later = resident(process)
    process.send_signal(signal.SIGINT)
    facts = last_line(process)
    process.wait()
    kept = facts.get("events", 0)
    missed = facts.get("missed", 0)
    return most, later, kept, missed, processor, seconds, facts.get("bytes", 0)


def flower(broker):
    python = sys.executable
    process = subprocess.Popen(
        [python, "-m", "celery", f"--broker={broker.url}", "flower", "--port=0", "--address=127.0.0.1",
         "--max_tasks=1000000"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=broker.environment)
    broker.until_heard()
    time.sleep(4)
    broker.tell(succeeding())
    time.sleep(3)
    most = resident(process)
    process.kill()
    process.wait()
    return most


def finding(broker):
    times = []
    for round in range(ROUNDS):
        number = TASKS + 7 + round * 61_803
        seconds, output = run(broker, "jobs", "list", "--json", "--match", f"user {number} not found")
        jobs = json.loads(output)["jobs"]
        if len(jobs) != 1 or str(number) not in jobs[0]["error"]:
            sys.exit(f"user {number} was not found: {len(jobs)} jobs")
        times.append(seconds)
    page = [run(broker, "jobs", "list", "--json", "--state", "failed", "--limit", "100")[0] for _ in range(ROUNDS)]
    return times, page


def picture(path):
    """A PNG of one pixel."""
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\2\0\0\0")
                   + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b""))


def library(folder):
    """A library of one photo, and of 1,000,000 jobs that died, each of its own error."""
    environment = dict(os.environ, HOME=folder)
    picture(f"{folder}/one.png")
    place = f"{folder}/library"
    subprocess.run([PROGRAM, "import", "--library", place, f"{folder}/one.png"], check=True, env=environment,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    catalogue = sqlite3.connect(f"{place}/catalog.sqlite")
    owner = catalogue.execute("SELECT id FROM owners").fetchone()[0]
    moment = int(time.time()) * 1_000_000
    catalogue.executemany(
        "INSERT INTO jobs (id, owner, kind, queue, state, attempts, worker_deaths, error, created_at, run_at, finished_at) "
        "VALUES (?, ?, 'process_photo', 'high', 'dead', 8, 0, ?, ?, ?, ?)",
        (((moment // 1000 - ALL_TASKS + number).to_bytes(6, "big") + b"\x70\0" + number.to_bytes(8, "big"), owner,
          f"ValueError('user {number} not found in shard {number % 7}')", moment, moment, moment)
         for number in range(ALL_TASKS)))
    catalogue.execute("INSERT INTO totals VALUES (?, 'jobs.dead', ?) ON CONFLICT (owner, name) DO UPDATE SET value = excluded.value",
                      (owner, ALL_TASKS))
    catalogue.commit()
    catalogue.close()
    found(["--library", place], environment, "a library")


def found(place, environment, what):
    times = []
    for round in range(ROUNDS):
        number = 7 + round * 99_803
        start = time.perf_counter()
        done = subprocess.run([PROGRAM, "jobs", "list", "--json", *place, "--match", f"user {number} not found"],
                              capture_output=True, stdin=subprocess.DEVNULL, env=environment, check=True)
        times.append(time.perf_counter() - start)
        jobs = json.loads(done.stdout)["jobs"]
        if len(jobs) != 1 or f"user {number} " not in jobs[0]["error"]:
            sys.exit(f"user {number} was not found: {len(jobs)} jobs")
    figure(f"finding one dead job among 1,000,000 of {what} by its error, slowest of 10", "<= 100 ms",
           f"{max(times) * 1000:.0f} ms", max(times) <= 0.1,
           note=f"from the program's start; median {statistics.median(times) * 1000:.0f} ms")


# Each of its own error; what is indexed while it comes takes minutes, afterwards seconds.
DEAD_JOBS = f"""
    DROP INDEX IF EXISTS jobs_error_text;
    ALTER TABLE jobs NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE totals NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE owners NO FORCE ROW LEVEL SECURITY;
    INSERT INTO jobs (id, owner, kind, queue, state, attempts, worker_deaths, error, created_at, run_at, finished_at)
    SELECT decode(lpad(to_hex(at / 1000 - {ALL_TASKS} + number), 12, '0') || '7000' || lpad(to_hex(number), 16, '0'), 'hex'),
        owner, 'process_photo', 'high', 'dead', 8, 0,
        'ValueError(''user ' || number || ' not found in shard ' || number % 7 || ''')', at, at, at
    FROM generate_series(0::bigint, {ALL_TASKS - 1}) AS number,
        (SELECT id AS owner, (extract(epoch FROM now()) * 1000000)::bigint AS at FROM owners WHERE name = 'bench') AS whose;
    INSERT INTO totals SELECT id, 'jobs.dead', {ALL_TASKS} FROM owners WHERE name = 'bench'
    ON CONFLICT (owner, name) DO UPDATE SET value = excluded.value;
    ALTER TABLE jobs FORCE ROW LEVEL SECURITY;
    ALTER TABLE totals FORCE ROW LEVEL SECURITY;
    ALTER TABLE owners FORCE ROW LEVEL SECURITY;
    """


def networked(folder):
    """The same in Postgres, through PgBouncer."""
    servers = tempfile.mkdtemp(prefix="phototui-pg-", dir="/tmp")
    # The servers run as another user, who has to get in.
    os.chmod(servers, 0o711)
    try:
        started = subprocess.run(
            [f"{ROOT}/scripts/services/start.sh", servers], check=True, stdout=subprocess.PIPE, text=True)
        with open(started.stdout.strip(), encoding="utf-8") as file:
            told = dict(shlex.split(line)[1].split("=", 1) for line in file)

        def word(name, role):
            return dict(part.split("=", 1) for part in told[f"PHOTOTUI_TEST_{role}"].split())[name]

        def address(role):
            return " ".join(f"{name}={word(name, role)}" for name in ("host", "port", "dbname", "user"))

        storage = f"s3://{told['PHOTOTUI_TEST_S3_BUCKET']}?endpoint={told['PHOTOTUI_TEST_S3_ENDPOINT']}"
        with open(f"{folder}/config.toml", "w", encoding="utf-8") as file:
            file.write("\n".join([
                "[profiles.bench]", f'database = "{address("PGBOUNCER")}"',
                f'database_owner = "{address("POSTGRES_OWNER")}"', f'storage = "{storage}"',
                f'storage_access_key = "{told["PHOTOTUI_TEST_S3_ACCESS_KEY"]}"', 'owner = "bench"']))
        environment = dict(
            os.environ, HOME=folder, PHOTOTUI_CONFIG=f"{folder}/config.toml",
            PHOTOTUI_STORAGE_SECRET_KEY=told["PHOTOTUI_TEST_S3_SECRET_KEY"],
            PHOTOTUI_DATABASE_PASSWORD=word("password", "PGBOUNCER"))
        migrating = dict(environment, PHOTOTUI_DATABASE_PASSWORD=word("password", "POSTGRES_OWNER"))

        def ours(environment, *words):
            subprocess.run([PROGRAM, words[0], "--profile", "bench", *words[1:]], check=True, env=environment,
                           stdout=subprocess.DEVNULL)

        def sql(statements):
            subprocess.run(
                ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", address("POSTGRES_OWNER"), "-c", statements],
                check=True, env=dict(os.environ, PGPASSWORD=word("password", "POSTGRES_OWNER")),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        ours(migrating, "migrate")
        picture(f"{folder}/two.png")
        ours(environment, "import", f"{folder}/two.png")
        sql(DEAD_JOBS)
        ours(migrating, "migrate")
        sql("VACUUM ANALYZE jobs")
        found(["--profile", "bench"], environment, "a library on Postgres")
    finally:
        subprocess.run([f"{ROOT}/scripts/services/stop.sh", servers], check=False, stdout=subprocess.DEVNULL)


def main():
    with tempfile.TemporaryDirectory(prefix="phototui-history-") as folder:
        broker = Broker(folder)
        try:
            most, later, kept, missed, processor, seconds, size = watching(broker)
            beside = flower(broker)
            figure("memory after watching 1,000,000 task events", "<= 100 MB", f"{most:.0f} MB",
                   most <= 100 and missed == 0, peer=f"{beside:.0f} MB (Flower)", ratio=beside / most,
                   note=f"{kept} events kept, {missed} missed; {processor:.1f} s of processor in {seconds:.0f} s; "
                        f"{later:.0f} MB and a file of {size / 1e6:.0f} MB once 666,666 failures were added")
            times, page = finding(broker)
            figure("finding one failed task among 1,000,000 by its error, slowest of 10", "<= 100 ms",
                   f"{max(times) * 1000:.0f} ms", max(times) <= 0.1,
                   note=f"from the program's start; median {statistics.median(times) * 1000:.0f} ms; the latest 100 "
                        f"failed: {max(page) * 1000:.0f} ms")
            library(folder)
            networked(folder)
        finally:
            broker.server.kill()
            broker.server.wait()


if __name__ == "__main__":
    main()
