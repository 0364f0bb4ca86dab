"""Fills a catalogue in Postgres with the rows of one in SQLite, by COPY.

    fill_postgres.py CATALOGUE CONNECTION

CONNECTION is libpq's connection string for the role that owns the schema, which has been migrated and holds no rows. The index
of texts is dropped, since it is built faster afterwards: migrate again.
"""
import os
import sqlite3
import subprocess
import sys

# In the order of their references.
TABLES = [
    "owners", "folders", "photos", "photo_metadata", "files", "jobs", "journal", "month_counts", "place_counts", "totals",
    "photo_texts", "photo_terms", "search_terms",
]
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def field(value):
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    if isinstance(value, float):
        return repr(value)
    return str(value).translate(ESCAPES)


def main():
    catalogue, connection = sys.argv[1:]
    # A password on the command line would be everybody's to read.
    environment = {**os.environ}
    for part in connection.split():
        if part.startswith("password="):
            environment["PGPASSWORD"] = part.removeprefix("password=")
    public = " ".join(part for part in connection.split() if not part.startswith("password="))
    database = sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True)
    client = subprocess.Popen(
        ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", public], stdin=subprocess.PIPE, text=True, env=environment,
        stdout=subprocess.DEVNULL)
    write = client.stdin.write
    write("BEGIN; SET LOCAL synchronous_commit = off; DROP INDEX IF EXISTS jobs_error_text;\n")
    for table in TABLES:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        write(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;\n")
        write(f"COPY {table} ({', '.join(columns)}) FROM STDIN;\n")
        for row in database.execute(f"SELECT * FROM {table}"):
            write("\t".join(map(field, row)) + "\n")
        write(f"\\.\nALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n")
    write(f"COMMIT; VACUUM ANALYZE {', '.join(TABLES)};\n")
    client.stdin.close()
    sys.exit(client.wait())


if __name__ == "__main__":
    main()
