#!/usr/bin/env python3
"""Jobs over Celery's protocol against Celery itself, on one Redis server of their own: tasks a second, publishing,
latency; and jobs with their rows in a Postgres of scripts/services. Rates are medians of three rounds, in each of which
one comes after the other."""
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import redis

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ["PHOTOTUI_PROGRAMS"] + "/phototui-bench"
ROUNDS = 3
PEER = """
import os
from celery import Celery
app = Celery("peer", broker=os.environ["PEER_URL"], backend=os.environ["PEER_URL"])
app.conf.update(task_acks_late=True, task_default_queue="peer", broker_connection_retry_on_startup=True)

@app.task(name="bench.noop")
def noop():
    pass
"""


def main():
    with tempfile.TemporaryDirectory(prefix="phototui-jobs-") as folder:
        socket = f"{folder}/redis.sock"
        server = subprocess.Popen(
            ["/usr/bin/redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "",
             "--appendonly", "yes", "--appendfsync", "everysec"], stdout=subprocess.DEVNULL)
        try:
            Bench(folder, socket).run()
        finally:
            server.kill()
            server.wait()


class Bench:
    def __init__(self, folder, socket):
        self.folder = folder
        self.url = f"redis+socket://{socket}?virtual_host=0"
        self.client = redis.Redis(unix_socket_path=socket)
        self.environment = dict(os.environ, PEER_URL=self.url, C_FORCE_ROOT="1", PYTHONPATH=folder)
        with open(f"{folder}/peer.py", "w", encoding="utf-8") as file:
            file.write(PEER)
        until(self.is_up, "Redis did not start")

    def is_up(self):
        try:
            return self.client.ping()
        except redis.exceptions.RedisError:
            return False

    def run(self):
        peer, ours = rounds(lambda: self.publish_celery(3000), lambda: self.publish("20000", "yes"))
        row("messages published a second, one by one, against apply_async", ">= 5 x", ours, peer, 5,
            f"published together: {self.publish('50000', 'no'):.0f}/s")
        peers = {}
        for concurrency in (1, 2):
            peer, ours = rounds(
                lambda: self.rate("peer", 2500, self.celery_worker(concurrency)),
                lambda: self.rate(
                    "ours", 25000, [PROGRAM, "celery-worker", self.url, "", "ours", str(concurrency)]))
            peers[concurrency] = peer
            row(f"no-op tasks a second, results stored, {concurrency} at a time, against a Celery prefork worker",
                ">= 5 x", ours, peer, 5, None)
        times = json.loads(self.ours("celery-latency", self.url, "", "latency", "1000"))
        print(json.dumps({
            "figure": "publish to start on an idle queue, ms: p50 / p99", "bar": "<= 5 / 50",
            "measured": f"{times['p50']} / {times['p99']}", "peer": None, "ratio": None,
            "met": times["p50"] <= 5 and times["p99"] <= 50, "note": None}), flush=True)

        self.jobs_in_postgres(peers)

    def jobs_in_postgres(self, peers):
        """Real rows, against the peer's tasks that have none."""
        folder = tempfile.mkdtemp(prefix="phototui-pg-", dir="/tmp")
        # The servers run as another user, who has to get in.
        os.chmod(folder, 0o711)
        try:
            started = subprocess.run(
                [f"{ROOT}/scripts/services/start.sh", folder], check=True, stdout=subprocess.PIPE, text=True)
            with open(started.stdout.strip(), encoding="utf-8") as file:
                services = dict(shlex.split(line)[1].split("=", 1) for line in file)
            owner = services["PHOTOTUI_TEST_POSTGRES_OWNER"]
            self.ours("catalog-create", "postgres:" + owner, "phototui_app")
            for concurrency, peer in peers.items():
                def rate(name, figure):
                    return json.loads(self.ours(
                        "celery-jobs", self.url, "postgres:" + services[f"PHOTOTUI_TEST_{name}"], "6000",
                        str(concurrency)))[figure]
                direct, pooled = rounds(
                    lambda: rate("POSTGRES", "per_second"), lambda: rate("PGBOUNCER", "per_second"))
                row(f"jobs a second, claimed and finished in Postgres, {concurrency} at a time, against a Celery "
                    "prefork worker's no-op tasks", ">= 2 x", direct, peer, 2,
                    f"through PgBouncer {pooled:.0f}/s; the relay publishes "
                    f"{rate('POSTGRES', 'published_per_second'):.0f}/s")
        finally:
            subprocess.run([f"{ROOT}/scripts/services/stop.sh", folder], check=False, stdout=subprocess.DEVNULL)

    def ours(self, *arguments):
        return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout

    def publish(self, count, one_by_one):
        done = json.loads(self.ours("celery-publish", self.url, "", "publish", "bench.noop", count, one_by_one))
        self.client.flushall()
        return done["per_second"]

    def publish_celery(self, count):
        script = (
            "import time\nfrom peer import noop\nnoop.apply_async()\nstart = time.perf_counter()\n"
            f"for _ in range({count}): noop.apply_async()\nprint({count} / (time.perf_counter() - start))")
        done = subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, text=True, env=self.environment)
        self.client.flushall()
        return float(done.stdout)

    def celery_worker(self, concurrency):
        return [sys.executable, "-m", "celery", "-A", "peer", "worker", "-Q", "peer", "-c", str(concurrency),
                "--loglevel", "warning"]

    def rate(self, queue, count, command):
        """Tasks a second over the middle of the run, from a tenth done to all done, without the worker's start."""
        self.ours("celery-publish", self.url, "", queue, "bench.noop", str(count), "no")
        with open(f"{self.folder}/worker.log", "w", encoding="utf-8") as log:
            worker = subprocess.Popen(command, stdout=log, stderr=log, env=self.environment)
        try:
            until(lambda: self.left(queue) <= count * 0.9, f"{command[0]} does nothing", 60)
            start, first = time.perf_counter(), count - self.left(queue)
            until(lambda: self.left(queue) == 0, f"{command[0]} does not finish", 120)
            return (count - first) / (time.perf_counter() - start)
        finally:
            worker.terminate()
            worker.wait()
            self.client.flushall()

    def left(self, queue):
        return self.client.llen(queue) + self.client.hlen("unacked")


def rounds(one, other):
    """The medians of both."""
    values = [(one(), other()) for _ in range(ROUNDS)]
    return [statistics.median(side) for side in zip(*values)]


def until(is_true, failure, seconds=20):
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            sys.exit(failure)
        time.sleep(0.01)


def row(figure, bar, measured, peer, least, note):
    print(json.dumps({
        "figure": figure, "bar": bar, "measured": round(measured), "peer": round(peer),
        "ratio": round(measured / peer, 2), "met": measured / peer >= least, "note": note}), flush=True)


if __name__ == "__main__":
    main()
