"""The named queries and the view: that they are Athena's SQL, what they answer, what they read."""

import re
import tempfile
import unittest
from datetime import date, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import sqlglot

from .lakes import ANALYTICS, Lake, crossing, event
from .statements import connect, filled, rows

QUERIES = sorted(path.stem for path in (ANALYTICS / "queries").glob("*.sql"))
DAY = "2026-11-20"


def at(time: str) -> datetime:
    """A time of the day that the tests are about."""
    return datetime.fromisoformat(f"{DAY} {time}")


class QueryTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.lake = Lake(Path(directory.name) / "lake")
        self.lake.create()

    def ask(self, name: str, first: str = DAY, last: str = DAY, zone: str = "UTC") -> list[dict]:
        with connect(self.lake.path) as database:
            return rows(database, filled(name, first, last, zone))

    def check(self, answered: list[dict], *expected: dict[str, Any]) -> None:
        """These rows, in this order; columns that a row does not name are not looked at."""
        self.assertEqual(len(answered), len(expected), answered)
        for row, wanted in zip(answered, expected, strict=True):
            self.assertEqual({name: row[name] for name in wanted}, wanted)


class FormTest(unittest.TestCase):
    def test_there_is_a_query_for_each_first_question(self) -> None:
        self.assertEqual(
            QUERIES,
            [
                "crossings_per_day",
                "gaps_in_track",
                "late_arrivals",
                "quarantine_by_reason",
                "time_at_customer",
                "worst_gps_accuracy",
            ],
        )

    def test_each_has_a_title_and_a_description(self) -> None:
        for name in QUERIES:
            with self.subTest(name):
                lines = (ANALYTICS / f"queries/{name}.sql").read_text().splitlines()
                heading = list(takewhile(lambda line: line.startswith("--"), lines))
                self.assertGreaterEqual(len(heading), 2)
                # What Athena takes as a name and a description.
                self.assertLessEqual(len(heading[0]), 128)
                self.assertLessEqual(len(" ".join(heading)), 1024)

    def test_each_is_one_statement_of_trino(self) -> None:
        for name in [f"queries/{name}" for name in QUERIES] + ["location_events", "daily"]:
            with self.subTest(name):
                (statement,) = sqlglot.parse(filled(name, DAY, DAY), read="trino")
                self.assertIsInstance(statement, sqlglot.exp.Query)
                self.assertNotIn("{{", statement.sql("trino", comments=False))


class ViewTest(QueryTest):
    def test_of_an_events_rows_the_one_received_first_counts(self) -> None:
        first = event("e", "d", f"{DAY} 09:00:00", received_at=f"{DAY} 09:00:01", speed_mps=1.0)
        again = first | {"received_at": f"{DAY} 09:00:02", "speed_mps": 2.0}
        other = event("e", "another driver", f"{DAY} 09:00:00")
        self.lake.put("location_events", "2026-11-21", again, first)
        self.lake.put("location_events", DAY, first, other)
        answered = self.ask("location_events", last="2026-11-21")
        self.check(
            sorted(answered, key=lambda row: row["driver_id"]),
            {"driver_id": "another driver", "dt": DAY, "deliveries": 1},
            {"driver_id": "d", "speed_mps": 1.0, "dt": DAY, "deliveries": 3},
        )

    def test_an_event_is_known_by_driver_time_and_id(self) -> None:
        times = [f"{DAY} 09:00:{second:02}" for second in range(10)]
        events = [event("0", "d", time) for time in times]
        # With a position and without, in one request: one event.
        nowhere = events[3] | {"latitude": None, "longitude": None}
        self.lake.put("location_events", DAY, nowhere, *events, events[0])
        answered = self.ask("location_events")
        self.check(
            sorted(answered, key=lambda row: row["recorded_at"]),
            *({"recorded_at": datetime.fromisoformat(time), "latitude": 1.0} for time in times),
        )
        self.assertEqual(sum(row["deliveries"] for row in answered), 12)

    def test_a_geofence_has_a_key_of_its_first_name(self) -> None:
        names = [
            ("i", "x", "t"),
            ("i", None, None),
            (None, "x", "t"),
            (None, None, "x"),
            (None, None, None),
        ]
        self.lake.put(
            "location_events",
            DAY,
            *(
                event(f"{number}", "d", f"{DAY} 09:00:00")
                | {"geofence_id": geofence_id}
                | {"geofence_external_id": external_id, "geofence_tag": tag}
                for number, (geofence_id, external_id, tag) in enumerate(names)
            ),
        )
        answered = sorted(self.ask("location_events"), key=lambda row: row["event_id"])
        keys = ["id:i", "id:i", "external_id:x", "tag:x", None]
        self.assertEqual([row["geofence_key"] for row in answered], keys)

    def test_doubtful_are_positions_with_certain_flags(self) -> None:
        doubtful = {
            None: False,
            "accuracy_poor": True,
            "clock_corrected": False,
            "null_island": True,
            "accuracy_poor,clock_corrected": True,
            "clock_corrected,null_island": True,
            # A flag of a later version is not taken for one of these.
            "accuracy_poor_once": False,
        }
        self.lake.put(
            "location_events",
            DAY,
            *(event(f"{flags}", "d", f"{DAY} 09:00:00", flags=flags) for flags in doubtful),
        )
        answered = {row["flags"]: row["is_doubtful"] for row in self.ask("location_events")}
        self.assertEqual(answered, doubtful)

    def test_files_of_other_days_are_not_read(self) -> None:
        for day in range(15, 26):
            arrived = event(f"{day}", "d", f"{DAY} 09:00:00")
            self.lake.put("location_events", f"2026-11-{day}", arrived)
        for name in ["location_events", "daily"] + [f"queries/{name}" for name in QUERIES]:
            if name != "queries/quarantine_by_reason":
                with self.subTest(name):
                    statement = filled(name, "2026-11-19", "2026-11-21")
                    self.assertEqual(self.files_read(statement), 3)
        # What the period is inside of the view for.
        outside = filled("location_events", "2026-01-01", "2026-12-31")
        outside = f"SELECT * FROM (\n{outside}) WHERE dt BETWEEN '2026-11-19' AND '2026-11-21'"
        self.assertEqual(self.files_read(outside), 11)

    def files_read(self, statement: str) -> int:
        with connect(self.lake.path) as database:
            ((_, plan),) = database.execute(f"EXPLAIN ANALYZE {statement}").fetchall()
        (found,) = re.findall(r"Total Files Read: (\d+)", plan)
        return int(found)


class AnswerTest(QueryTest):
    def test_crossings_per_day_are_of_the_companys_days(self) -> None:
        market = {"geofence_id": None, "geofence_tag": "depot", "geofence_external_id": "market"}
        self.lake.put(
            "location_events",
            DAY,
            crossing("1", "d", "entered", f"{DAY} 04:59:59.999"),
            crossing("2", "d", "entered", f"{DAY} 05:00:00.000"),
            crossing("3", "other", "entered", f"{DAY} 05:00:01"),
            crossing("4", "d", "exited", f"{DAY} 06:00:00"),
            crossing("5", "d", "dwelled", f"{DAY} 05:30:00", geofence_id=None),
            crossing("8", "d", "dwelled", f"{DAY} 05:30:00", **market),
            crossing("6", "d", "exited", f"{DAY} 06:00:00", live=False),
            event("7", "d", f"{DAY} 05:00:00"),
        )
        self.lake.put("location_events", DAY, crossing("1", "d", "entered", f"{DAY} 04:59:59.999"))
        # Without an id it is known by its external id.
        cafe = {"geofence_id": None, "geofence_tag": "customer", "geofence_external_id": "cafe"}
        dwelled = {"entered": 0, "exited": 0, "dwelled": 1}
        friday, thursday = {"crossed_on": date(2026, 11, 20)}, {"crossed_on": date(2026, 11, 19)}
        gate = {"geofence_id": "gate", "geofence_tag": "customer", "geofence_external_id": "cafe"}
        self.check(
            self.ask("queries/crossings_per_day", zone="America/New_York"),
            friday | cafe | dwelled,
            friday | market | dwelled,
            friday | gate | {"entered": 2, "exited": 1, "dwelled": 0, "distinct_drivers": 2},
            thursday | gate | {"entered": 1, "exited": 0, "dwelled": 0, "distinct_drivers": 1},
        )

    def test_time_at_customer_pairs_arrivals_with_departures(self) -> None:
        def nameless(external_id: str) -> dict:
            return {"geofence_id": None, "geofence_external_id": external_id}

        self.lake.put(
            "location_events",
            DAY,
            crossing("1", "d", "entered", f"{DAY} 09:00:00.900", order_id="order-1"),
            crossing("2", "d", "dwelled", f"{DAY} 09:04:00"),
            crossing("3", "d", "exited", f"{DAY} 09:06:01.200"),
            crossing("4", "d", "entered", f"{DAY} 10:00:00"),
            crossing("5", "d", "entered", f"{DAY} 11:00:00"),
            crossing("6", "d", "exited", f"{DAY} 11:30:00"),
            crossing("7", "d", "exited", f"{DAY} 11:31:00"),
            crossing("8", "other", "entered", f"{DAY} 12:00:00"),
            crossing("9", "d", "entered", f"{DAY} 13:00:00", geofence_tag="depot"),
            crossing("10", "d", "entered", f"{DAY} 13:00:00", live=False),
            # Between two visits to customers without a provider's id.
            crossing("0", "third", "entered", f"{DAY} 08:00:00", **nameless("a")),
            crossing("0", "third", "entered", f"{DAY} 08:01:00", **nameless("b")),
            crossing("0", "third", "exited", f"{DAY} 08:02:00", **nameless("b")),
            crossing("0", "third", "exited", f"{DAY} 08:03:00", **nameless("a")),
        )
        self.check(
            self.ask("queries/time_at_customer"),
            {"driver_id": "other", "entered_at": at("12:00"), "left_at": None, "minutes": None},
            {"driver_id": "d", "entered_at": at("11:00"), "left_at": at("11:30"), "minutes": 30.0},
            {"driver_id": "d", "entered_at": at("10:00"), "left_at": None, "minutes": None},
            {
                "entered_at": at("09:00:00.900"),
                "left_at": at("09:06:01.200"),
                "minutes": 360_300 / 60_000,
                "order_id": "order-1",
                "geofence_external_id": "cafe",
            },
            {"driver_id": "third", "geofence_external_id": "b", "minutes": 1.0},
            {"driver_id": "third", "geofence_external_id": "a", "minutes": 3.0},
        )

    def test_a_days_numbers_leave_out_what_is_doubtful_or_too_late(self) -> None:
        def later(event_id: str, recorded_at: str, **more: Any) -> dict:
            return event(event_id, "d", recorded_at, received_at=f"{DAY} 10:00:00", **more)

        trip = {"kind": "trip_started"}
        self.lake.put(
            "location_events",
            DAY,
            event("0", "d", f"{DAY} 09:00:00", latitude=51.5, longitude=-0.12),
            event("0", "d", f"{DAY} 09:01:00", latitude=0.0, longitude=0.0, flags="null_island"),
            event("0", "d", f"{DAY} 09:01:30", flags="accuracy_poor,null_island"),
            event("0", "d", f"{DAY} 09:02:00", latitude=51.501, longitude=-0.12),
            # Of two drivers whose ids and trips read alike when they are joined: two trips.
            event("1", "a b", f"{DAY} 09:00:00", trip_id="c", **trip),
            event("1", "a", f"{DAY} 09:00:00", trip_id="b c", **trip),
            later("2", "2007-01-26 09:00:00"),
            later("3", "2026-11-16 23:59:59.999"),
            later("4", "2026-11-17 00:00:00"),
            later("5", "2007-01-26 09:00:00", live=False),
            event("6", "d", "2007-01-26 09:00:01"),
        )
        statement = filled("daily", DAY, "2026-11-21", final_before="2026-11-17")
        with connect(self.lake.path) as database:
            answered = rows(database, statement)
        days = {row["traffic"]: row for row in answered if row["grain"] == "day"}
        self.assertEqual(
            {name: row["events"] for name, row in days.items()}, {"live": 6, "too_late": 2}
        )
        live = days["live"]
        self.assertEqual(
            (live["positions"], live["active_minutes"], live["trips_started"]), (6, 5, 2)
        )
        # 0.001 degrees of the meridian in London.
        self.assertAlmostEqual(live["distance_mm"], 111_258, delta=20)
        flags = {row["flags"]: row["events"] for row in answered if row["grain"] == "flags"}
        self.assertEqual(flags, {None: 4, "null_island": 1, "accuracy_poor,null_island": 1})

    def test_late_arrivals_are_by_driver(self) -> None:
        def received(event_id: str, driver_id: str, received_at: str, **more: Any) -> dict:
            return event(event_id, driver_id, f"{DAY} 09:00:00", received_at=received_at, **more)

        self.lake.put(
            "location_events",
            "2026-11-22",
            received("1", "slow", f"{DAY} 09:10:00"),
            received("2", "slow", f"{DAY} 09:10:00.001"),
            received("3", "slow", "2026-11-22 09:00:00"),
            received("4", "quick", f"{DAY} 09:00:01"),
            received("5", "quick", "2026-11-22 09:00:00", live=False),
            received("6", "clock ahead", f"{DAY} 08:00:00"),
        )
        self.check(
            self.ask("queries/late_arrivals", last="2026-11-22"),
            {
                "driver_id": "slow",
                "source": "milkrun",
                "events": 3,
                "late": 2,
                "late_by_days": 1,
                "worst_lag_minutes": 2880.0,
            },
        )

    def test_gaps_in_a_track_are_longer_than_five_minutes(self) -> None:
        self.lake.put(
            "location_events",
            DAY,
            event("1", "d", f"{DAY} 09:00:00", trip_id="trip-1"),
            event("2", "d", f"{DAY} 09:05:00", trip_id="trip-1"),
            event("3", "d", f"{DAY} 09:10:00.001", trip_id="trip-1", latitude=3.0),
            event("4", "d", f"{DAY} 09:12:00", trip_id="trip-1", latitude=None, longitude=None),
            event("5", "d", f"{DAY} 11:10:00.001", trip_id="trip-2"),
            event("6", "other", f"{DAY} 10:00:00"),
            event("7", "d", f"{DAY} 10:00:00", latitude=0.0, longitude=0.0, flags="null_island"),
        )
        self.check(
            self.ask("queries/gaps_in_track"),
            {
                "on_trip_id": "trip-1",
                "lost_at": at("09:05"),
                "found_at": at("09:10:00.001"),
                "minutes": 300_001 / 60_000,
                "found_latitude": 3.0,
            },
            {"on_trip_id": None, "lost_at": at("09:10:00.001"), "minutes": 120.0},
        )

    def test_worst_gps_accuracy_is_by_device(self) -> None:
        phone = '{"user":{"deviceType":"Android","deviceId":"phone-1"}}'

        def fix(event_id: str, driver_id: str, accuracy_m: float | None, attributes: str) -> dict:
            time = f"{DAY} 09:00:00"
            return event(event_id, driver_id, time, accuracy_m=accuracy_m, attributes=attributes)

        self.lake.put(
            "location_events",
            DAY,
            fix("1", "d", 50.0, phone),
            fix("2", "d", 51.0, phone),
            fix("3", "d", 5.0, phone),
            fix("4", "d", 6.0, phone),
            fix("5", "other", 60.0, "{}"),
            fix("6", "other", None, "{}"),
        )
        self.check(
            self.ask("queries/worst_gps_accuracy"),
            {"driver_id": "other", "device_id": None, "positions": 1, "uncertain_pct": 100.0},
            {
                "driver_id": "d",
                "device_id": "phone-1",
                "device_type": "Android",
                "positions": 4,
                "uncertain": 1,
                "uncertain_pct": 25.0,
                "mean_accuracy_m": 28.0,
                "worst_accuracy_m": 51.0,
            },
        )

    def test_the_quarantine_is_counted_by_day_and_reason(self) -> None:
        with connect(self.lake.path) as database:
            database.execute("""
                CREATE TABLE quarantine AS FROM (VALUES
                    ('not_json', '2026-11-20', '/v1/positions', '2026-11-20T09:00:00.000Z'),
                    ('not_json', '2026-11-20', '/v1/positions', '2026-11-20T10:00:00.000Z'),
                    ('driver_missing', '2026-11-20', '/v1/positions', '2026-11-20T10:00:00.000Z'),
                    ('not_json', '2026-11-19', '/v1/positions', '2026-11-19T10:00:00.000Z')
                ) AS requests (reason, dt, route, received_at)
            """)
            answered = rows(database, filled("queries/quarantine_by_reason", DAY, DAY))
        self.check(
            answered,
            {
                "dt": DAY,
                "reason": "not_json",
                "route": "/v1/positions",
                "requests": 2,
                "first_received_at": "2026-11-20T09:00:00.000Z",
                "last_received_at": "2026-11-20T10:00:00.000Z",
            },
            {"reason": "driver_missing", "requests": 1},
        )


if __name__ == "__main__":
    unittest.main()
