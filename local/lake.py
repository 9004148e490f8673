"""Copies a running local milkrun's lake to a directory: what `make dbt` builds on.

    python -m local.lake --to .milkrun/lake

The directory is replaced, and then has

    location_events/dt=2026-11-20/….parquet   as in the lake, and so
    assignments/…, updates/…                  the operations log's tables
    log_keys/keys.parquet                     one row for each event of the log, to compare with:
                                              driver_id, event_id, and in UTC recorded_at,
                                              received_at, exported_at
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from . import connection
from .aws import Clients, clients
from .console import Problem, Step, run, step
from .options import STATE_DIR, add_state_dir

# The tables, each with the key in local.json of the bucket that its files are in.
TABLES = {
    "location_events": "lake_bucket",
    "assignments": "operations_log_bucket",
    "updates": "operations_log_bucket",
}
LOG_KEYS = {
    "driver_id": "VARCHAR",
    "event_id": "VARCHAR",
    "recorded_at": "TIMESTAMP",
    "received_at": "TIMESTAMP",
    "exported_at": "TIMESTAMP",
}
# The catalog's names of types (Hive's), and DuckDB's.
TYPES = {
    "string": "VARCHAR",
    "double": "DOUBLE",
    "int": "INTEGER",
    "bigint": "BIGINT",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_state_dir(parser)
    parser.add_argument(
        "--to", type=Path, default=STATE_DIR / "lake", help="(default: %(default)s)"
    )
    arguments = parser.parse_args()
    local_file = connection.local_file(arguments.state_dir)
    if not local_file.exists():
        raise Problem("milkrun is not up: run `make up` first")
    local = json.loads(local_file.read_text())
    copy(clients(local["aws_endpoint"]), local, arguments.to)


def copy(client: Clients, local: dict[str, str], to: Path) -> None:
    """Replaces the directory, once everything is there."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=".lake-") as directory:
        new = Path(directory) / "new"
        # The lake before the log: what is in the lake by then is in the log, too.
        exported_at = datetime.now(UTC)
        for table, bucket in TABLES.items():
            with step("lake" if bucket == "lake_bucket" else table) as current:
                write_empty(client("glue"), local["glue_database"], table, new)
                download(client("s3"), local[bucket], f"{table}/", new, current)
        with step("log") as current:
            write_log_keys(client("dynamodb"), local["events_table"], exported_at, new, current)
        if to.exists():
            to.rename(Path(directory) / "old")
        new.rename(to)


def write_empty(glue: Any, database: str, table: str, to: Path) -> None:
    """A file with the table's columns and no row: so one without a delivery is a table, too."""
    found = glue.get_table(DatabaseName=database, Name=table)["Table"]
    columns = {
        column["Name"]: TYPES[column["Type"]] for column in found["StorageDescriptor"]["Columns"]
    }
    write_parquet(columns, [], to / table / "dt=1970-01-01" / "empty.parquet")


def download(s3: Any, bucket: str, prefix: str, to: Path, current: Step) -> None:
    """Every object under the prefix, to a path that is its key."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [found["Key"] for page in pages for found in page.get("Contents", [])]

    def download_one(key: str) -> None:
        path = to / key
        path.parent.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(path))

    with ThreadPoolExecutor(8) as pool:
        for done, _ in enumerate(pool.map(download_one, keys), 1):
            current.progress(f"{done} of {len(keys)} files")
    current.note = f"{len(keys)} files"


def write_log_keys(
    dynamodb: Any, table: str, exported_at: datetime, to: Path, current: Step
) -> None:
    """The keys of all events of the log."""
    rows = []
    for page in scan(dynamodb, table):
        for item in page["Items"]:
            row = {name: item[name]["S"] for name in LOG_KEYS if name in item}
            rows.append(row | {"exported_at": exported_at.isoformat()})
        current.progress(f"{len(rows)} events")
    write_parquet(LOG_KEYS, rows, to / "log_keys" / "keys.parquet")
    current.note = f"{len(rows)} events"


def scan(dynamodb: Any, table: str) -> Iterator[dict]:
    names = [name for name in LOG_KEYS if name != "exported_at"]
    return dynamodb.get_paginator("scan").paginate(
        TableName=table, ConsistentRead=True, ProjectionExpression=", ".join(names)
    )


def write_parquet(columns: dict[str, str], rows: list[dict], path: Path) -> None:
    """A Parquet file of these rows; times are RFC 3339 and become UTC without a zone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", suffix=".ndjson") as lines:
        for row in rows:
            lines.write(json.dumps(row) + "\n")
        lines.flush()
        with duckdb.connect() as database:
            database.execute("SET TimeZone = 'UTC'")
            types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
            # Columns by name and type: a file without rows has none that could be found out.
            rows_of_file = f"read_json('{lines.name}', format = 'nd', columns = {{{types}}})"
            database.execute(f"COPY (FROM {rows_of_file}) TO '{path}' (FORMAT parquet)")


if __name__ == "__main__":
    run(main)
