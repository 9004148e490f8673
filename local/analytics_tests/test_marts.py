"""What the dbt project's tables answer, of a lake whose answer is known."""

import tempfile
import unittest
from datetime import date, datetime
from pathlib import Path

import duckdb

from .dbt import Dbt
from .lakes import change, crossing, event
from .statements import connect, filled, rows

DAY = "2026-11-20"


def at(time: str) -> datetime:
    """A time of the day that the tests are about."""
    return datetime.fromisoformat(f"{DAY} {time}")


def fill(dbt: Dbt) -> None:
    """Drivers d and antipode, and traffic that does not count."""
    dbt.lake.create()
    trip = {"trip_id": "trip-1", "order_id": "order-1"}
    started = {"kind": "trip_started", "latitude": 40.0, "longitude": -74.0}
    updated = {"kind": "trip_updated", "latitude": 40.5, "longitude": -74.5}
    external_id, tag = "geofence_external_id", "geofence_tag"
    nowhere = {"geofence_id": None, "latitude": None, "longitude": None}
    dbt.lake.put(
        "location_events",
        DAY,
        event("1", "d", f"{DAY} 04:00:00", **trip, **started),
        event("2", "d", f"{DAY} 04:00:30", **trip, **updated),
        event("3", "d", f"{DAY} 04:00:30", latitude=41.0, longitude=-73.0),
        event("4", "d", f"{DAY} 04:30:00.500", kind="trip_arrived", **trip),
        crossing("5", "d", "entered", f"{DAY} 04:30:00", trip_id="trip-1"),
        crossing("6", "d", "exited", f"{DAY} 05:30:00", **nowhere),
        crossing("6", "d", "exited", f"{DAY} 05:31:00", **nowhere, **{external_id: None}),
        crossing(
            "6", "d", "exited", f"{DAY} 05:32:00", **nowhere, **{external_id: None, tag: None}
        ),
        event("0", "d", f"{DAY} 04:00:05", latitude=0.0, longitude=0.0, flags="null_island"),
        event("0", "d", f"{DAY} 04:00:59", flags="accuracy_poor,clock_corrected"),
        event("7", "d", f"{DAY} 04:00:40", live=False, latitude=-40.0, longitude=74.0),
        event("8", "tester", f"{DAY} 04:00:40", live=False, trip_id="trip-2"),
        event("9", "antipode", f"{DAY} 10:00:00", longitude=179.9),
        event("10", "antipode", f"{DAY} 10:00:20", longitude=-179.9),
        event("11", "antipode", f"{DAY} 10:00:40", longitude=-179.7),
    )
    # A day later: one once more, one late, and one of a day of which the window has not all.
    later = {"received_at": "2026-11-21 00:00:00"}
    dbt.lake.put(
        "location_events",
        "2026-11-21",
        event("1", "d", f"{DAY} 04:00:00", latitude=50.0, **later),
        crossing("12", "d", "entered", f"{DAY} 05:00:00", **later),
        crossing("13", "d", "entered", "2026-11-18 12:00:00", **later),
    )
    # After the window.
    after = {"received_at": "2026-11-22 00:00:00"}
    dbt.lake.put(
        "location_events", "2026-11-22", crossing("14", "d", "entered", f"{DAY} 05:00:00", **after)
    )
    dbt.lake.put(
        "assignments",
        DAY,
        change("p", 1, "assigned", f"{DAY} 05:00:00", region="east", weight_kg=2.5),
        change("q", 1, "assigned", f"{DAY} 05:00:00", region="west", weight_kg=1.0),
    )
    failed = change("p", 3, "failed_to_deliver", f"{DAY} 07:00:00.250", reason="rain")
    failed |= {"previous_status": "accepted"}
    accepted = change("p", 2, "accepted", f"{DAY} 06:00:00", previous_status="assigned")
    # Said later of the same failure.
    amended = change("p", 4, "failed_to_deliver", f"{DAY} 09:00:00", reason="heavy rain")
    amended |= {"previous_status": "failed_to_deliver"}
    dbt.lake.put("updates", DAY, failed, accepted, accepted, amended)
    dbt.lake.log("2026-11-23 00:00:00")


class MartsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        cls.dbt = Dbt(Path(directory.name))
        fill(cls.dbt)
        window = {"arrived_from": "2026-11-18", "arrived_to": "2026-11-21"}
        outcome = cls.dbt.run("build", time_zone="America/New_York", **window)
        assert outcome.success, outcome.messages

    def test_staging_is_the_view(self) -> None:
        with connect(self.dbt.lake.path) as database:
            view = rows(database, filled("location_events", "2026-11-18", "2026-11-21"))
        staged = self.dbt.ask("SELECT * FROM stg_location_events")

        def in_order(answered: list[dict]) -> list[dict]:
            keys = ("driver_id", "recorded_at", "event_id")
            return sorted(answered, key=lambda row: [row[name] for name in keys])

        self.assertEqual(in_order(staged), in_order(view))
        self.assertEqual(list(staged[0]), list(view[0]))
        self.assertEqual(len(staged), 17)

    def test_only_partitions_of_the_window_are_read(self) -> None:
        (compiled,) = self.dbt.target.glob("compiled/**/stg_location_events.sql")
        with duckdb.connect() as database:
            ((_, plan),) = database.execute(f"EXPLAIN ANALYZE {compiled.read_text()}").fetchall()
        self.assertIn("Total Files Read: 2", plan)
        self.assertEqual(len(list(self.dbt.lake.path.glob("location_events/*/*"))), 4)

    def test_crossings_are_of_the_companys_days(self) -> None:
        crossings = self.dbt.ask("""
            SELECT crossed_on, geofence_key, kind, crossings, distinct_drivers, first_crossed_at
            FROM fct_geofence_crossings_daily
            ORDER BY first_crossed_at
        """)
        self.assertEqual(
            [tuple(row.values()) for row in crossings],
            [
                (date(2026, 11, 19), "id:gate", "geofence_entered", 1, 1, at("04:30")),
                (date(2026, 11, 20), "id:gate", "geofence_entered", 1, 1, at("05:00")),
                (date(2026, 11, 20), "external_id:cafe", "geofence_exited", 1, 1, at("05:30")),
                (date(2026, 11, 20), "tag:customer", "geofence_exited", 1, 1, at("05:31")),
                (date(2026, 11, 20), "(without a name)", "geofence_exited", 1, 1, at("05:32")),
            ],
        )
        self.assertEqual(
            [
                tuple(row.values())
                for row in self.dbt.ask(
                    "SELECT geofence_key, geofence_id, geofence_external_id, geofence_tag"
                    " FROM dim_geofences ORDER BY 1"
                )
            ],
            [
                ("(without a name)", None, None, None),
                ("external_id:cafe", None, "cafe", "customer"),
                ("id:gate", "gate", "cafe", "customer"),
                ("tag:customer", None, None, "customer"),
            ],
        )

    def test_a_drivers_minute_is_that_of_the_api(self) -> None:
        first, *_, last = self.dbt.ask("SELECT * FROM fct_driver_minutes ORDER BY minute")
        self.assertEqual(
            first,
            {
                "driver_id": "d",
                "minute": at("04:00"),
                "positions": 5,
                "doubtful_positions": 2,
                "mean_latitude": 40.5,
                "mean_longitude": -221.5 / 3,
                "first_recorded_at": at("04:00"),
                "first_latitude": 40.0,
                "first_longitude": -74.0,
                # Two at one time: the smaller event id is the first.
                "last_recorded_at": at("04:00:30"),
                "last_latitude": 41.0,
                "last_longitude": -73.0,
            },
        )
        self.assertEqual((last["driver_id"], last["positions"]), ("antipode", 3))
        self.assertAlmostEqual(last["mean_longitude"], -179.9, delta=1e-9)
        self.assertEqual((last["first_longitude"], last["last_longitude"]), (179.9, -179.7))

    def test_a_trip_is_what_its_events_say(self) -> None:
        self.assertEqual(
            self.dbt.ask("SELECT * FROM fct_trips"),
            [
                {
                    "driver_id": "d",
                    "trip_id": "trip-1",
                    "order_id": "order-1",
                    "state": "arrived",
                    "started_at": at("04:00"),
                    "approached_at": None,
                    "arrived_at": at("04:30:00.500"),
                    "stopped_at": None,
                    "seconds_to_arrival": 1800.5,
                    "events": 4,
                    "positions": 4,
                    "first_event_at": at("04:00"),
                    "last_event_at": at("04:30:00.500"),
                }
            ],
        )

    def test_a_delivery_is_as_its_last_change_left_it(self) -> None:
        failed, assigned = self.dbt.ask("SELECT * FROM fct_deliveries ORDER BY package_id")
        self.assertEqual(
            failed,
            {
                "delivery_id": f"{DAY}/d/p",
                "delivery_date": date(2026, 11, 20),
                "driver_id": "d",
                "package_id": "p",
                "status": "failed_to_deliver",
                "run_id": "run-1",
                "reason": "heavy rain",
                "assigned_at": at("05:00"),
                "accepted_at": at("06:00"),
                "started_at": None,
                "finished_at": at("07:00:00.250"),
                "seconds_to_finish": 7200.25,
                "changes": 3,
                "weight_kg": 2.5,
                "volume_m3": None,
                "distance_km": None,
                "region": "east",
            },
        )
        self.assertEqual((assigned["status"], assigned["changes"]), ("assigned", 1))
        self.assertEqual(
            self.dbt.ask("SELECT driver_id, events, deliveries FROM dim_drivers ORDER BY 1"),
            [
                {"driver_id": "antipode", "events": 3, "deliveries": 0},
                {"driver_id": "d", "events": 12, "deliveries": 2},
            ],
        )


if __name__ == "__main__":
    unittest.main()
