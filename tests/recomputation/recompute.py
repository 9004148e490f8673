"""Computes by itself what came of the demo's requests, and compares it with what milkrun answers.

    milkrun demo --posted posted.ndjson
    python tests/recomputation/recompute.py --posted posted.ndjson --local .milkrun/local.json

Every minute and every day is compared in full, so nothing else may have been posted to this
milkrun. This was written from the documentation (docs/api, docs/ARCHITECTURE.md) and shares no
code with milkrun: a mistake that is in both was made twice. Exit code 1: they differ, and in what.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.error
import urllib.request
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote, urlencode

import day
import minutes
from comparison import differences
from events import Event, Refusals, Request, distinct, events_of, read_request
from geodesy import MINUTE_MS, utc

# More are not worth reading.
MOST_SHOWN = 20


class ReadEdge:
    """The API, as a consumer with a key has it."""

    def __init__(self, local: dict[str, str]) -> None:
        self.local = local
        # No proxy of the environment may stand between this machine and itself.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def get(self, path: str, accept: str = "application/json", **query: str) -> tuple[int, str]:
        """Status and body."""
        url = f"{self.local['api_url']}/v1/{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"x-api-key": self.local["api_key"], "accept": accept}
        request = urllib.request.Request(url, headers=headers)
        try:
            with self.opener.open(request, timeout=60) as found:
                return found.status, found.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--posted", type=Path, required=True, help="of `milkrun demo --posted`")
    parser.add_argument("--local", type=Path, default=Path(".milkrun/local.json"))
    arguments = parser.parse_args()
    requests = [read_request(line) for line in arguments.posted.read_text().splitlines()]
    read_edge = ReadEdge(json.loads(arguments.local.read_text()))

    events, refused = read(requests)
    wrong, minute_count = compare_minutes(read_edge, events)
    wrong_days, dates = compare_days(read_edge, events, refused)
    wrong += wrong_days
    if wrong:
        shown = "\n  ".join(wrong[:MOST_SHOWN])
        sys.exit(f"{len(wrong)} answers are not what the requests say:\n  {shown}")
    print(
        f"{len(requests)} requests, {len(events)} valid events: {minute_count} minutes (JSON, CSV) "
        f"and the days {', '.join(dates)} are as recomputed"
    )


def read(requests: list[Request]) -> tuple[list[Event], Refusals]:
    """The valid events in the order of posting, repeats included, and what was refused."""
    events: list[Event] = []
    refused: Refusals = {}
    for request in requests:
        valid, reasons = events_of(request)
        events += valid
        for reason in reasons:
            refused[request.edge, request.body, reason] = request
    return events, refused


def compare_minutes(read_edge: ReadEdge, events: list[Event]) -> tuple[list[str], int]:
    wrong = []
    expected = minutes.of_drivers(distinct(events))
    first = min(event.recorded_at for event in events) // MINUTE_MS * MINUTE_MS
    period = {"from": utc(first), "to": utc(max(event.recorded_at for event in events) + 1)}
    for driver_id, of_driver in expected.items():
        path = f"drivers/{quote(driver_id, safe='')}/minutes"
        status, body = read_edge.get(path, **period)
        assert status == 200, (path, status, body)
        answer = json.loads(body)
        wrong += differences({"driver_id": driver_id, **period, "minutes": of_driver}, answer, path)
        status, table = read_edge.get(path, accept="text/csv", **period)
        assert status == 200, (path, status, table)
        # To the last digit.
        wrong += differences(answer["minutes"], minutes.from_csv(table, driver_id), f"{path}, CSV")
    return wrong, sum(len(of_driver) for of_driver in expected.values())


def compare_days(
    read_edge: ReadEdge, events: list[Event], refused: Refusals
) -> tuple[list[str], list[str]]:
    wrong, dates = [], []
    lake = left = distinct(events)
    for candidate in candidates(lake):
        path = f"analytics/daily/{candidate}"
        status, body = read_edge.get(path)
        if status == 200:
            answer = json.loads(body)
            local_day = day.LocalDay.of(candidate, answer["time_zone"])
            wrong += differences(day.of(local_day, lake, refused), answer, path)
            left = [event for event in left if event.recorded_at not in local_day]
            dates.append(candidate)
        elif status != 404:
            wrong.append(f"{path}: expected 200 or 404, found {status} {body}")
    if left:
        wrong.append(f"analytics/daily: {len(left)} events are of days that are not computed")
    return wrong, dates


def candidates(events: list[Event]) -> list[str]:
    """The dates that the events may be of: in no zone is it another than these."""
    times = [event.recorded_at for event in events]
    first, last = (date.fromisoformat(utc(time)[:10]) for time in (min(times), max(times)))
    return [str(first + timedelta(days)) for days in range(-1, (last - first).days + 2)]


if __name__ == "__main__":
    main()
