"""The statements of analytics/, filled in as milkrun fills them in, and run by DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from .lakes import ANALYTICS, files


def filled(
    name: str, first: str, last: str, time_zone: str = "UTC", final_before: str | None = None
) -> str:
    """`queries/crossings_per_day` over these days of arrival. Comments stay."""
    text = (ANALYTICS / f"{name}.sql").read_text()
    if "{{events}}" in text:
        text = text.replace("{{events}}", "\n" + (ANALYTICS / "location_events.sql").read_text())
    return (
        text.replace("{{from}}", first)
        .replace("{{to}}", last)
        .replace("{{time_zone}}", time_zone)
        .replace("{{day_from}}", f"{first} 00:00:00.000")
        .replace("{{day_to}}", f"{last} 00:00:00.000")
        .replace("{{final_before}}", f"{final_before or first} 00:00:00.000")
    )


def connect(lake: Path) -> duckdb.DuckDBPyConnection:
    """A database in which `location_events` is the lake's table.

    Its session is in a zone that no test is about, since no answer must depend on it.
    """
    database = duckdb.connect()
    database.execute("SET TimeZone = 'Asia/Kathmandu'")
    database.execute(
        f"CREATE VIEW location_events AS SELECT * FROM {files(lake, 'location_events')}"
    )
    return database


def rows(database: duckdb.DuckDBPyConnection, statement: str) -> list[dict[str, Any]]:
    """What a statement answers."""
    answer = database.execute(statement)
    names = [column[0] for column in answer.description]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
