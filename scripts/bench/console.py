#!/usr/bin/env python3
"""The console on a Redis with 100 queues and 1,000,000 messages: how soon it shows them, what looking costs the server, and how
fast dead letters go back, also when it is killed meanwhile.
"""
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import redis
from celery import Celery

from terminal import App, paints, percentile

PROGRAM = os.environ["PHOTOTUI_PROGRAMS"] + "/phototui"
QUEUES, MESSAGES, DEAD, BUSY = 100, 1_000_000, 10_000, 30
ROUNDS = 10
MESSAGE = (
    '{"body":"W1sxXSx7fSx7fV0=","content-encoding":"utf-8","content-type":"application/json","headers":{"task":"t.add",'
    '"id":"%d","lang":"py","argsrepr":"(1,)","kwargsrepr":"{}","origin":"gen@host","retries":0,"eta":null},"properties":'
    '{"delivery_info":{"exchange":"","routing_key":"%s"},"body_encoding":"base64","delivery_tag":"%d"}}')


def figure(name, bar, measured, met, peer=None, ratio=None, note=None):
    print(json.dumps({"figure": name, "bar": bar, "measured": measured, "peer": peer, "ratio": ratio, "met": met,
                      "note": note}), flush=True)


class Broker:
    def __init__(self, folder):
        self.socket = f"{folder}/redis.sock"
        self.url = f"redis+socket://{self.socket}?virtual_host=0"
        self.environment = dict(os.environ, HOME=folder)
        self.server = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", self.socket, "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not os.path.exists(self.socket):
            if time.monotonic() > deadline:
                sys.exit("redis-server did not start")
            time.sleep(0.02)
        # What all Celery programs read the broker with, as a judge.
        self.redis = Celery(broker=f"redis+socket://{self.socket}").connection().default_channel.client

    def fill(self):
        for start in range(0, MESSAGES, 1000):
            queue = f"q{start // 1000 % QUEUES}"
            self.redis.lpush(queue, *[MESSAGE % (number, queue, number) for number in range(start, start + 1000)])

    def fill_dead(self):
        for start in range(0, DEAD, 1000):
            numbers = range(start, start + 1000)
            self.redis.hset("phototui.dead", mapping={f"d{n}": MESSAGE % (n, "q9", n) for n in numbers})
            self.redis.hset(
                "phototui.dead.reasons",
                mapping={f"d{n}": json.dumps({"queue": "q9", "kind": "failed", "at": "1.7e9", "reason": f"no {n}"})
                         for n in numbers})

    def run(self, *arguments):
        start = time.perf_counter()
        done = subprocess.run(
            [PROGRAM, *arguments, "--broker", self.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, env=self.environment, check=False)
        if done.returncode != 0:
            sys.exit(f"phototui {' '.join(arguments)} ended with {done.returncode}: {done.stderr.decode()}")
        return time.perf_counter() - start, done.stdout

    def calls(self, name):
        return self.redis.info("commandstats").get(f"cmdstat_{name}", {}).get("calls", 0)


class Heard:
    """What clients send the server meanwhile, by name, as MONITOR tells it: not what scripts run within it."""
    def __init__(self, broker):
        self.calls = {}
        self.monitor = broker.redis.monitor()

    def __enter__(self):
        self.monitor.__enter__()
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        return self

    def listen(self):
        try:
            while True:
                heard = self.monitor.next_command()
                if heard["client_type"] != "lua":
                    name = heard["command"].split()[0].lower()
                    self.calls[name] = self.calls.get(name, 0) + 1
        except (redis.RedisError, OSError, ValueError, AttributeError):
            pass  # The end.

    def __exit__(self, *_):
        self.monitor.connection.disconnect()
        self.thread.join(5)

    @property
    def count(self):
        return sum(self.calls.values())


def looking(broker):
    times = []
    for _ in range(ROUNDS):
        seconds, output = broker.run("queues", "--json")
        times.append(seconds)
    depth = sum(queue["depth"] for queue in json.loads(output)["queues"])
    keys = broker.calls("keys")
    worst = max(times)
    figure(
        "start to the list of 100 queues with 1,000,000 messages, slowest of 10", "<= 300 ms, never KEYS",
        f"{worst * 1000:.0f} ms", worst <= 0.3 and depth == MESSAGES and keys == 0,
        note=f"median {statistics.median(times) * 1000:.0f} ms; {depth} messages counted, KEYS sent {keys} times")


def watching(broker):
    seconds = 10
    # Not a pipe, which would fill up.
    with tempfile.TemporaryFile() as output:
        with Heard(broker) as heard:
            process = subprocess.Popen(
                [PROGRAM, "queues", "--watch", "--json", "--broker", broker.url], stdout=output,
                stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=broker.environment)
            time.sleep(seconds)
            process.terminate()
            process.wait()
        output.seek(0)
        looks = len(output.read().splitlines())
    rate = heard.count / seconds
    figure(
        "commands a second to Redis while 100 queues are watched", "<= 10", f"{rate:.1f}", looks > 5 and rate <= 10,
        note=f"{looks} looks: {heard.calls}")


def retrying(broker):
    broker.fill_dead()
    before = broker.redis.llen("q9")
    seconds, _ = broker.run("dead", "retry", "--all", "--yes")
    moved = broker.redis.llen("q9") - before
    figure(
        "dead letters retried a second, of 10,000", ">= 2000", f"{DEAD / seconds:.0f}",
        DEAD / seconds >= 2000 and moved == DEAD, note=f"{moved} came back, in {seconds:.2f} s from the program's start")
    broker.fill_dead()
    kills, runs = 0, 0
    while broker.redis.hlen("phototui.dead") and runs < 500:
        runs += 1
        process = subprocess.Popen(
            [PROGRAM, "dead", "retry", "--all", "--yes", "--broker", broker.url], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=broker.environment)
        left = broker.redis.hlen("phototui.dead")
        # In its midst: once the first have gone.
        while process.poll() is None and broker.redis.hlen("phototui.dead") == left:
            time.sleep(0.0005)
        if process.poll() is None:
            process.kill()
            kills += 1
        process.wait()
    ids = [re.search(rb'"id":"(\d+)"', text).group(1) for text in broker.redis.lrange("q9", 0, DEAD - 1)]
    lost = DEAD - len(set(ids))
    figure(
        "dead letters lost or doubled by SIGKILL in the middle of a retry", "0",
        f"{lost} lost, {broker.redis.llen('q9') - before - 2 * DEAD} doubled",
        lost == 0 and broker.redis.llen("q9") == before + 2 * DEAD and kills > 0, note=f"{kills} kills")


def screen(broker):
    """The console itself, at 120x40: its first queues, its traffic, and its keys before a server that answers nothing."""
    def start():
        return App([PROGRAM, "console", "--broker", broker.url], 40, 120, broker.environment)

    first = []
    for _ in range(5):
        app = start()
        moment, _ = app.until(b"10,000", 20)
        first.append((moment - app.started) * 1000)
        app.stop()
    figure(
        "start of the console to its queues on screen, slowest of 5", "<= 300 ms", f"{max(first):.0f} ms",
        max(first) <= 300, note=f"median {statistics.median(first):.0f} ms")
    app = start()
    app.until(b"10,000", 20)
    # Until there were the ten looks that rates are of.
    app.read(15)
    with Heard(broker) as heard:
        idle, _, _ = app.read(10)
    figure(
        "commands a second to Redis while idle on the queues screen", "<= 10", f"{heard.count / 10:.1f}",
        0 < heard.count <= 100, note=f"{MESSAGES} messages in {QUEUES} queues: {heard.calls}")
    end, live = time.monotonic() + 10, 0
    number = 0
    while time.monotonic() < end:
        number += 1
        broker.redis.lpush("q0", MESSAGE % (number, "q0", number))
        live += len(app.read(0.1)[0])
    figure("written to the terminal in 10 s at rest", "0 bytes", f"{len(idle)} bytes", not idle)
    figure("written to the terminal a second while a queue grows", "<= 2 KB", f"{live / 10:.0f} bytes", live <= 20_000)
    # Those that show.
    busy = sorted(f"q{number}" for number in range(QUEUES))[:BUSY]
    chance = random.Random(7)

    def stir():
        pipe = broker.redis.pipeline(transaction=False)
        for queue in busy:
            for number in range(chance.randrange(60)):
                pipe.lpush(queue, MESSAGE % (number, queue, chance.randrange(1 << 40)))
            pipe.rpop(queue, chance.randrange(1, 60))
        pipe.execute()

    def watch(seconds):
        written, next_stir, end = 0, time.monotonic(), time.monotonic() + seconds
        while time.monotonic() < end:
            if time.monotonic() >= next_stir:
                stir()
                next_stir += 1
            written += len(app.read(0.1)[0])
        return written

    watch(15)
    live = watch(20)
    figure(
        f"written to the terminal a second while {BUSY} queues change each second", "<= 2 KB", f"{live / 20:.0f} bytes",
        live <= 40_000)
    keys = ["j" if index % 20 < 10 else "k" for index in range(100)]
    times, _ = paints(app, keys, 0.06)
    broker.server.send_signal(signal.SIGSTOP)
    app.read(4)
    frozen, _ = paints(app, keys, 0.06)
    broker.server.send_signal(signal.SIGCONT)
    app.stop()
    worst = percentile(frozen, 0.95)
    figure(
        "key to paint with Redis frozen, p95", "<= 16 ms", f"{worst:.1f} ms", worst <= 16 and len(frozen) >= 95,
        note=f"{len(frozen)} of 100 keys painted; with Redis well {percentile(times, 0.95):.1f} ms")


def main():
    with tempfile.TemporaryDirectory(prefix="phototui-console-") as folder:
        broker = Broker(folder)
        try:
            broker.fill()
            looking(broker)
            watching(broker)
            screen(broker)
            retrying(broker)
        finally:
            broker.server.kill()
            broker.server.wait()


if __name__ == "__main__":
    main()
