"""Lakes to test with, in directories of the form that local/lake.py makes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import duckdb

from local.lake import LOG_KEYS, write_parquet

ANALYTICS = Path(__file__).parents[2] / "analytics"


def columns(kind: str, names: str) -> dict[str, str]:
    """Columns of one type."""
    return dict.fromkeys(names.split(), kind)


EVENT_COLUMNS = {
    **columns("INTEGER", "schema_version"),
    **columns("VARCHAR", "event_id source event_type kind driver_id external_driver_id order_id"),
    **columns("VARCHAR", "trip_id geofence_id geofence_tag geofence_external_id"),
    **columns("DOUBLE", "latitude longitude accuracy_m altitude_m speed_mps heading_deg"),
    **columns("DOUBLE", "battery_pct"),
    **columns("TIMESTAMP", "recorded_at received_at"),
    **columns("BOOLEAN", "live"),
    **columns("VARCHAR", "attributes flags"),
}
UPDATE_COLUMNS = {
    **columns("INTEGER", "schema_version"),
    **columns("VARCHAR", "event_id date driver_id package_id status previous_status run_id"),
    **columns("VARCHAR", "by reason proof"),
    **columns("TIMESTAMP", "at occurred_at"),
}
ASSIGNMENT_COLUMNS = {
    **UPDATE_COLUMNS,
    **columns("DOUBLE", "weight_kg volume_m3 distance_km"),
    **columns("VARCHAR", "region"),
}
COLUMNS = {
    "location_events": EVENT_COLUMNS,
    "assignments": ASSIGNMENT_COLUMNS,
    "updates": UPDATE_COLUMNS,
}
Row = dict[str, Any]


def event(event_id: str, driver_id: str, recorded_at: str, **more: Any) -> Row:
    """A live position, received when it was recorded; `more` may say otherwise."""
    return {
        "schema_version": 1,
        "event_id": event_id,
        "source": "milkrun",
        "event_type": "position",
        "kind": "position",
        "driver_id": driver_id,
        "latitude": 1.0,
        "longitude": 2.0,
        "recorded_at": recorded_at,
        "received_at": recorded_at,
        "live": True,
        "attributes": "{}",
    } | more


def crossing(event_id: str, driver_id: str, kind: str, recorded_at: str, **more: Any) -> Row:
    """A crossing of the customer's geofence `gate`: `kind` is entered, exited or dwelled."""
    geofence = {"geofence_id": "gate", "geofence_tag": "customer", "geofence_external_id": "cafe"}
    named = {"kind": f"geofence_{kind}", "event_type": f"user.{kind}_geofence"}
    return event(event_id, driver_id, recorded_at, **(named | geofence | more))


def change(package_id: str, sequence: int, status: str, at: str, **more: Any) -> Row:
    """A change of a delivery of driver `d` on 2026-11-20."""
    return {
        "schema_version": 1,
        "event_id": f"2026-11-20/d/{package_id}/{sequence}",
        "date": "2026-11-20",
        "driver_id": "d",
        "package_id": package_id,
        "status": status,
        "run_id": "run-1",
        "by": "key-1",
        "at": at,
    } | more


class Lake:
    """A directory with a lake, to put rows into and to take some out of."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Empty tables."""
        for table, named in COLUMNS.items():
            write_parquet(named, [], self.path / table / "dt=1970-01-01" / "empty.parquet")
        write_parquet(LOG_KEYS, [], self.path / "log_keys" / "keys.parquet")

    def become(self, other: Path) -> None:
        """A copy of another one."""
        self.clear()
        shutil.copytree(other, self.path)

    def clear(self) -> None:
        if self.path.exists():
            shutil.rmtree(self.path)

    def put(self, table: str, dt: str, *rows: Row) -> None:
        """One more file, as Firehose delivers one."""
        number = len(list((self.path / table).glob("*/*.parquet")))
        file = self.path / table / f"dt={dt}" / f"put-{number}.parquet"
        write_parquet(COLUMNS[table], list(rows), file)

    def rewrite(self, table: str, selected: str, condition: str = "true") -> None:
        """Makes each partition one file of the rows of which the condition is true.

        `selected` is `*` or, for rows with other values, `* REPLACE (…)`.
        """
        for partition in (self.path / table).iterdir():
            new = partition / "rewritten"
            with duckdb.connect() as database:
                database.execute(
                    f"COPY (SELECT {selected} FROM"
                    f" read_parquet('{partition}/*.parquet', hive_partitioning = false)"
                    f" WHERE {condition}) TO '{new}' (FORMAT parquet)"
                )
            for old in partition.glob("*.parquet"):
                old.unlink()
            new.rename(partition / "rewritten.parquet")

    def log(self, exported_at: str) -> None:
        """A log that has what the lake has."""
        with duckdb.connect() as database:
            database.execute(
                "COPY (SELECT DISTINCT ON (driver_id, recorded_at, event_id)"
                " driver_id, event_id, recorded_at, received_at,"
                f" TIMESTAMP '{exported_at}' AS exported_at"
                f" FROM {files(self.path, 'location_events')} ORDER BY received_at)"
                f" TO '{self.path}/log_keys/keys.parquet' (FORMAT parquet)"
            )


def copied() -> Path:
    """The lake that `python -m local.lake` has copied to the directory MILKRUN_LAKE."""
    path = os.environ.get("MILKRUN_LAKE")
    assert path, "MILKRUN_LAKE must name what `python -m local.lake` made"
    return Path(path)


def files(lake: Path, table: str) -> str:
    """A table of a lake as DuckDB reads it: dt is text."""
    return (
        f"read_parquet('{lake}/{table}/*/*.parquet',"
        " hive_partitioning = true, hive_types_autocast = false, union_by_name = true)"
    )
