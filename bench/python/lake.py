"""A day of the lake as Firehose would write it, and what `analytics/daily.sql` reads of it.

Athena charges for the bytes that it reads: of Parquet files, the compressed chunks of the columns
that the query needs. Which those are is DuckDB's plan of the same SQL, and what they weigh stands in
the files' footers.

Speaks JSON lines on standard input and output:
  {"events", "daily", "view"}  ->  {"rows", "file_bytes", "scanned_bytes", "columns", "seconds"}
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import duckdb

DAY = "2026-11-20"
# A file every 300 s (lake.bufferSeconds in prod).
FILES = 288
# Ids and coordinates as they come: 24 hex digits, five decimals; drivers who move a few metres a
# second, one event in fifty a crossing, one in a hundred doubtful.
ROWS = """
SELECT
    1 AS schema_version,
    substr(md5(CAST(i AS varchar)), 1, 24) AS event_id,
    'radar' AS source,
    CASE WHEN i % 50 = 0 THEN 'user.entered_geofence' ELSE 'user.updated_trip' END AS event_type,
    CASE WHEN i % 100 = 0 THEN 'geofence_entered' WHEN i % 50 = 0 THEN 'geofence_exited'
         ELSE 'trip_updated' END AS kind,
    substr(md5(CAST(i % 2000 AS varchar)), 1, 24) AS driver_id,
    'courier-' || i % 2000 AS external_driver_id,
    'ORDER-' || (i % 2000) * 20 + i // 50000 AS order_id,
    substr(md5('trip' || (i % 2000) * 20 + i // 50000), 1, 24) AS trip_id,
    CASE WHEN i % 50 = 0 THEN substr(md5(CAST(i % 700 AS varchar)), 1, 24) END AS geofence_id,
    CASE WHEN i % 50 = 0 THEN 'customer' END AS geofence_tag,
    CASE WHEN i % 50 = 0 THEN 'STORE-' || i % 700 END AS geofence_external_id,
    round(-23.55 + 0.1 * sin(i % 2000 + i / 200000.0) + random() * 0.001, 5) AS latitude,
    round(-46.65 + 0.1 * cos(i % 2000 + i / 200000.0) + random() * 0.001, 5) AS longitude,
    round(5 + random() * 20, 1) AS accuracy_m,
    CAST(NULL AS double) AS altitude_m,
    round(random() * 15, 2) AS speed_mps,
    floor(random() * 360) AS heading_deg,
    floor(random() * 100) AS battery_pct,
    TIMESTAMP '{day} 00:00:00' + to_milliseconds(CAST(i * 86400000 // {events} AS bigint)) AS recorded_at,
    TIMESTAMP '{day} 00:00:00'
        + to_milliseconds(CAST(i * 86400000 // {events} + 500 + random() * 2000 AS bigint)) AS received_at,
    true AS live,
    '{{"user":{{"deviceId":"' || md5(CAST(i % 2000 AS varchar)) || '"}}}}' AS attributes,
    CASE WHEN i % 100 = 0 THEN 'accuracy_poor' END AS flags,
FROM range({first}, {last}) AS numbers(i)
"""


def write_lake(lake: Path, events: int) -> None:
    partition = lake / f"dt={DAY}"
    partition.mkdir()
    for file in range(FILES):
        first, last = file * events // FILES, (file + 1) * events // FILES
        rows = ROWS.format(day=DAY, events=events, first=first, last=last)
        path = partition / f"{file:03}.parquet"
        duckdb.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION snappy)")


def columns_read(plan: dict) -> set[str]:
    columns = {name for child in plan.get("children", []) for name in columns_read(child)}
    if "PARQUET" in plan.get("name", ""):
        projections = plan.get("extra_info", {}).get("Projections", [])
        columns |= {projections} if isinstance(projections, str) else set(projections)
    return columns


def answer(request: dict) -> dict:
    with tempfile.TemporaryDirectory() as directory:
        lake = Path(directory)
        write_lake(lake, request["events"])
        files = f"{lake}/*/*.parquet"
        duckdb.execute(
            "CREATE OR REPLACE VIEW location_events AS SELECT * FROM "
            f"read_parquet('{files}', hive_partitioning = true, hive_types = {{'dt': VARCHAR}})"
        )
        view = request["view"].replace("{{from}}", DAY).replace("{{to}}", "2026-11-21")
        sql = request["daily"].replace("{{events}}", view)
        sql = sql.replace("{{day_from}}", f"{DAY} 00:00:00.000")
        sql = sql.replace("{{day_to}}", "2026-11-21 00:00:00.000")
        sql = sql.replace("{{final_before}}", "2026-11-17 00:00:00.000")
        [(_, plan)] = duckdb.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
        columns = sorted(columns_read({"children": json.loads(plan)}) - {"dt"})
        started = time.perf_counter()
        rows = duckdb.execute(f"SELECT sum(events) FROM ({sql}) WHERE grain = 'day'").fetchall()
        seconds = time.perf_counter() - started
        [(total, scanned)] = duckdb.execute(
            "SELECT sum(total_compressed_size), sum(total_compressed_size) "
            "FILTER (WHERE list_contains(?, path_in_schema)) FROM parquet_metadata(?)",
            [columns, files],
        ).fetchall()
    return {
        "rows": int(rows[0][0]),
        "file_bytes": float(total),
        "scanned_bytes": float(scanned),
        "columns": columns,
        "seconds": seconds,
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
