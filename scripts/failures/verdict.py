"""What must hold when everything is whole again, asked of the servers themselves and not of phototui."""
import hashlib
import io
import json
import subprocess

import boto3
import botocore.config
import redis
from PIL import Image

SIZES = (256, 512, 1024)
QUEUES = [name + step for name in ("high", "low", "batch") for step in ("", "\x06\x163", "\x06\x166", "\x06\x169")]

# Each returns a row per place where the catalogue contradicts itself.
CONTRADICTIONS = {
    "a month's count differs from its photos": """
        SELECT owner, month FROM (
            SELECT owner, month, photos FROM month_counts
            UNION ALL SELECT owner, month, -count(*) FROM photos WHERE in_timeline = 1 GROUP BY owner, month
        ) AS counts GROUP BY owner, month HAVING sum(photos) <> 0""",
    "a total differs from its rows": """
        SELECT name FROM (
            SELECT 'photos' AS name, (SELECT count(*) FROM photos) AS found
            UNION ALL SELECT 'bytes', (SELECT sum(byte_count) FROM photos)
            UNION ALL SELECT 'files', (SELECT count(*) FROM files)
            UNION ALL SELECT 'jobs.succeeded', (SELECT count(*) FROM jobs WHERE state = 'succeeded')
            UNION ALL SELECT 'jobs.' || state, 0 FROM unnest(ARRAY['queued', 'running', 'retrying', 'dead', 'cancelled'])
                AS states (state)
        ) AS counted WHERE found <> coalesce((SELECT value FROM totals WHERE totals.name = counted.name), 0)""",
    "an upload is not confirmed": "SELECT id FROM uploads WHERE state <> 'confirmed'",
    "a photo has no upload": "SELECT id FROM photos WHERE id NOT IN (SELECT photo FROM uploads WHERE photo IS NOT NULL)",
    "a part of an upload is left": "SELECT upload FROM upload_parts",
    "a photo is not ready": "SELECT id FROM photos WHERE status <> 'ready' OR phash IS NULL",
    "a photo has no metadata": "SELECT id FROM photos WHERE id NOT IN (SELECT photo FROM photo_metadata)",
    "a job still has a worker": "SELECT id FROM jobs WHERE worker IS NOT NULL OR lease_until IS NOT NULL",
}


class Catalogue:
    def __init__(self, services):
        self.command = services.psql("phototui", "postgres", services.folder / "postgres", 5432)

    def run(self, statements, seconds=60):
        """Rows of text; none where the server is away."""
        done = subprocess.run(
            [*self.command[:-1], "-F", "\t", "-c", statements], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            cwd="/", timeout=seconds)
        if done.returncode != 0:
            raise OSError(done.stderr.strip())
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]

    def number(self, statement):
        return int(self.run(statement)[0][0])

    def unfinished(self):
        return self.number("SELECT count(*) FROM jobs WHERE state <> 'succeeded'")


class Verdict:
    """Faults by their kind, with an example of each."""

    def __init__(self):
        self.faults = {}
        self.figures = {}

    def fault(self, kind, example, is_fault=True):
        if is_fault:
            self.faults.setdefault(kind, []).append(str(example))

    def count(self, *kinds):
        return sum(len(self.faults.get(kind, [])) for kind in kinds)


def judge(services, digests):
    """`digests` has the SHA-256 of each file that was imported."""
    verdict = Verdict()
    judge_catalogue(verdict, Catalogue(services), digests)
    judge_bucket(verdict, services, Catalogue(services))
    judge_broker(verdict, services)
    return verdict


def judge_catalogue(verdict, catalogue, digests):
    expected = set(digests.values())
    photos = {row[0]: row[1] for row in catalogue.run("SELECT encode(sha256, 'hex'), encode(id, 'hex') FROM photos")}
    for digest in expected - photos.keys():
        verdict.fault("photo lost", digest)
    for digest in photos.keys() - expected:
        verdict.fault("photo from nowhere", digest)
    verdict.fault("files miscounted", "", catalogue.number("SELECT count(*) FROM files") != len(digests))
    states = {}
    for photo, state in catalogue.run("SELECT encode(photo, 'hex'), state FROM jobs WHERE kind = 'process_photo'"):
        states.setdefault(photo, []).append(state)
    applied = dict(catalogue.run("SELECT encode(photo, 'hex'), count(*) FROM judge.applied GROUP BY 1"))
    for digest, photo in photos.items():
        found = states.get(photo, [])
        verdict.fault("job lost", digest, found.count("succeeded") == 0)
        verdict.fault("job twice", f"{digest} {found}", len(found) > 1)
        times = int(applied.get(photo, 0))
        verdict.fault("effect lost", digest, times == 0)
        verdict.fault("effect applied twice", f"{digest}: {times} times", times > 1)
    for kind, query in CONTRADICTIONS.items():
        for row in catalogue.run(query):
            verdict.fault(kind, row[0])
    verdict.figures.update(
        photos=len(photos), files=len(digests), jobs=sum(map(len, states.values())),
        claims=catalogue.number("SELECT count(*) FROM judge.states WHERE after = 'running'"),
        retried=catalogue.number("SELECT count(*) FROM judge.states WHERE after = 'retrying'"),
        died=catalogue.number("SELECT count(*) FROM judge.states WHERE after = 'dead'"),
        most_worker_deaths=catalogue.number("SELECT coalesce(max(deaths), 0) FROM judge.states"))


def judge_bucket(verdict, services, catalogue):
    settings = services.settings
    client = boto3.client(
        "s3", endpoint_url=f"http://127.0.0.1:{settings['s3_port']}", region_name="us-east-1",
        aws_access_key_id=settings["access_key"], aws_secret_access_key=settings["secret_key"],
        config=botocore.config.Config(s3={"addressing_style": "path"}))
    bucket, sizes = "phototui-test", {}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        sizes.update((entry["Key"], entry["Size"]) for entry in page.get("Contents", []))
    # The services' own first object.
    sizes.pop("ready", None)

    def bytes_of(key):
        return client.get_object(Bucket=bucket, Key=key)["Body"].read()

    expected = set()
    rows = catalogue.run("SELECT encode(sha256, 'hex'), original_key, byte_count, width, height FROM photos")
    for digest, key, byte_count, width, height in rows:
        expected.add(key)
        if key not in sizes:
            verdict.fault("original missing", key)
        elif sizes[key] != int(byte_count) or hashlib.sha256(bytes_of(key)).hexdigest() != digest:
            verdict.fault("original damaged", key)
        for size in SIZES:
            rendition = f"renditions/{digest[:2]}/{digest}/{size}.webp"
            expected.add(rendition)
            if rendition not in sizes:
                verdict.fault("rendition missing", rendition)
                continue
            with Image.open(io.BytesIO(bytes_of(rendition))) as picture:
                picture.load()
                edge = min(size, max(int(width), int(height)))
                verdict.fault("rendition damaged", f"{rendition}: {picture.size}", max(picture.size) != edge)
    for key in sizes.keys() - expected:
        verdict.fault("object without a row", key)
    left = client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])
    verdict.figures.update(objects=len(sizes), unfinished_multiparts=len(left))


def judge_broker(verdict, services):
    broker = redis.Redis(unix_socket_path=str(services.folder / "redis/redis.sock"))
    for name in QUEUES:
        verdict.fault("message left", name, broker.llen(name) > 0)
    for name, count in (("unacked", broker.hlen("unacked")), ("unacked_index", broker.zcard("unacked_index"))):
        verdict.fault("message unacknowledged", f"{name}: {count}", count > 0)
    for key, reason in broker.hgetall("phototui.dead.reasons").items():
        verdict.fault("dead letter", json.loads(reason).get("reason", key))
