#!/usr/bin/env python3
"""Uploads to SeaweedFS against rclone and boto3 at the same parallelism: 2 GB of 5 MB photos, and one file of 1 GB.

UPLOAD_MEGABYTES=200 makes the first smaller and the second half as large; UPLOAD_ROUNDS (3) alternating runs of each program
give the medians. What phototui does beyond the others is in its time: SHA-256 of every byte sent, and a row and a job for
each photo in Postgres. Reading the files to know them, which an import does first, is told apart.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

import boto3
from botocore.config import Config

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ["PHOTOTUI_PROGRAMS"] + "/phototui-bench"
PARALLEL = int(os.environ.get("UPLOAD_PARALLEL", "4"))
ROUNDS = int(os.environ.get("UPLOAD_ROUNDS", "3"))
MEGABYTES = int(os.environ.get("UPLOAD_MEGABYTES", "2000"))
CHUNK = 16 << 20
MEMORY = 64 << 20
BOTO3 = """
import concurrent.futures, os, sys, time
import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
folder, bucket, parallel = sys.argv[1], sys.argv[2], int(sys.argv[3])
client = boto3.client("s3", config=Config(max_pool_connections=parallel * 2))
transfer = TransferConfig(max_concurrency=parallel, multipart_threshold=32 << 20, multipart_chunksize=16 << 20)
names = sorted(os.listdir(folder))
start = time.perf_counter()
with concurrent.futures.ThreadPoolExecutor(parallel if len(names) > 1 else 1) as pool:
    list(pool.map(lambda name: client.upload_file(f"{folder}/{name}", bucket, name, Config=transfer), names))
print(time.perf_counter() - start)
"""


def main():
    with tempfile.TemporaryDirectory(prefix="phototui-uploads-") as folder:
        # Postgres runs as another user.
        os.chmod(folder, 0o711)
        started = subprocess.run(
            [f"{ROOT}/scripts/services/start.sh", f"{folder}/services"], check=True, capture_output=True, text=True)
        try:
            exports = subprocess.run(
                ["bash", "-c", f'. "{started.stdout.strip()}" && env -0'], check=True, capture_output=True).stdout
            environment = dict(
                line.split("=", 1) for line in exports.decode().split("\0") if line.startswith("PHOTOTUI_TEST_"))
            Bench(folder, {**os.environ, **environment}).run()
        finally:
            subprocess.run([f"{ROOT}/scripts/services/stop.sh", f"{folder}/services"], check=False,
                           stdout=subprocess.DEVNULL)


class Bench:
    def __init__(self, folder, environment):
        self.folder = folder
        key, secret = (environment[f"PHOTOTUI_TEST_S3_{name}"] for name in ("ACCESS_KEY", "SECRET_KEY"))
        endpoint, region = (environment[f"PHOTOTUI_TEST_S3_{name}"] for name in ("ENDPOINT", "REGION"))
        self.environment = {
            **environment, "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_ENDPOINT_URL": endpoint,
            "AWS_DEFAULT_REGION": region, "RCLONE_CONFIG": "/dev/null", "RCLONE_CONFIG_PEER_TYPE": "s3",
            "RCLONE_CONFIG_PEER_PROVIDER": "Other", "RCLONE_CONFIG_PEER_ENV_AUTH": "true",
            "RCLONE_CONFIG_PEER_ENDPOINT": endpoint, "RCLONE_CONFIG_PEER_REGION": region,
        }
        self.client = boto3.client(
            "s3", endpoint_url=endpoint, region_name=region, aws_access_key_id=key, aws_secret_access_key=secret,
            config=Config(s3={"addressing_style": "path"}))

        # rclone can't take it, and nothing here is encrypted.
        self.environment.pop("AWS_CA_BUNDLE", None)

    def run(self):
        photos = self.files("photos", MEGABYTES // 5, 5_000_000)
        self.compare(f"{MEGABYTES / 1000:g} GB of 5 MB photos", photos, MEGABYTES // 5)
        shutil.rmtree(photos)
        self.compare(f"one file of {MEGABYTES / 2000:g} GB", self.files("large", 1, MEGABYTES * 500_000), 1)

    def files(self, name, count, size):
        folder = f"{self.folder}/{name}"
        os.mkdir(folder)
        for number in range(count):
            with open(f"{folder}/{number:05}.jpg", "wb") as file:
                file.write(b"\xff\xd8\xff\xe0")
                left = size - 4
                while left:
                    left -= file.write(os.urandom(min(left, 1 << 24)))
        return folder

    def compare(self, what, folder, count):
        programs = {"phototui": self.phototui, "rclone": self.rclone, "boto3": self.boto3}
        times = {name: [] for name in programs}
        peaks, hashing = [], []
        for _ in range(ROUNDS):
            for name, program in programs.items():
                bucket = f"bench-{uuid.uuid4()}"
                self.client.create_bucket(Bucket=bucket)
                os.sync()
                seconds, peak, hashed = program(folder, bucket)
                times[name].append(seconds)
                if name == "phototui":
                    peaks.append(peak)
                    hashing.append(hashed)
                self.check(bucket, folder, count)
        ours = statistics.median(times["phototui"])
        peer = min(("rclone", "boto3"), key=lambda name: statistics.median(times[name]))
        theirs = statistics.median(times[peer])
        each = ", ".join(
            f"{name} {'/'.join(f'{seconds:.1f}' for seconds in sorted(values))} s" for name, values in times.items())
        row(f"upload of {what} to SeaweedFS, {PARALLEL} at a time, s", ">= 1.0 x the faster of rclone and boto3",
            round(ours, 2), f"{peer} {theirs:.2f}", round(theirs / ours, 2), theirs >= ours,
            f"{each}; hashing the files before: {statistics.median(hashing):.1f} s")
        row(f"memory at most while {what} go up, MB", "<= 64", round(max(peaks) / (1 << 20), 1), None, None,
            max(peaks) <= MEMORY, None)

    def phototui(self, folder, bucket):
        done = self.command([PROGRAM, "upload", folder, bucket, str(PARALLEL)])
        result = json.loads(done)
        return result["seconds"], result["peak_bytes"], result["hash_seconds"]

    def rclone(self, folder, bucket):
        before = time.perf_counter()
        self.command(["rclone", "copy", folder, f"peer:{bucket}", "--transfers", str(PARALLEL),
                      "--s3-upload-concurrency", str(PARALLEL), "--s3-chunk-size", "16M", "--s3-no-check-bucket",
                      "--s3-force-path-style", "--low-level-retries", "1", "--retries", "1"])
        return time.perf_counter() - before, 0, 0

    def boto3(self, folder, bucket):
        return float(self.command([sys.executable, "-c", BOTO3, folder, bucket, str(PARALLEL)])), 0, 0

    def command(self, command):
        done = subprocess.run(command, capture_output=True, text=True, env=self.environment, check=False)
        if done.returncode != 0:
            sys.exit(f"{command[0]} ended with {done.returncode}: {done.stderr[-2000:]}")
        return done.stdout

    def check(self, bucket, folder, count):
        """Everything is there, whole; then the bucket goes away."""
        found = {}
        for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", []):
                found[entry["Key"]] = entry["Size"]
        sizes = sorted(os.path.getsize(f"{folder}/{name}") for name in os.listdir(folder))
        if len(found) != count or sorted(found.values()) != sizes:
            sys.exit(f"{len(found)} of {count} objects are there")
        names = list(found)
        for start in range(0, len(names), 1000):
            self.client.delete_objects(
                Bucket=bucket, Delete={"Objects": [{"Key": name} for name in names[start:start + 1000]]})
        self.client.delete_bucket(Bucket=bucket)


def row(figure, bar, measured, peer, ratio, met, note):
    print(json.dumps({"figure": figure, "bar": bar, "measured": measured, "peer": peer, "ratio": ratio, "met": met,
                      "note": note}), flush=True)


if __name__ == "__main__":
    main()
