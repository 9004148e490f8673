"""The dbt project on a lake: green as it is, and red for each thing that is planted in it.

The lake is the copy of one of a milkrun that has run.
"""

import shutil
import tempfile
import unittest
from pathlib import Path

import duckdb

from .dbt import Dbt, Outcome
from .lakes import ANALYTICS, change, copied, event, files

BROUGHT = copied()


class DbtTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(directory.cleanup)
        # One directory for all tests: what dbt has parsed stays parsed.
        cls.dbt = Dbt(Path(directory.name))
        with duckdb.connect() as database:
            events = files(BROUGHT, "location_events")
            oldest = database.execute(
                "SELECT driver_id, event_id, CAST(CAST(received_at AS date) AS varchar)"
                f" FROM {events} WHERE live AND latitude IS NOT NULL"
                " ORDER BY received_at, event_id LIMIT 1"
            ).fetchone()
        assert oldest, "the lake has no live position"
        cls.driver_id, cls.event_id, cls.day = oldest

    def setUp(self) -> None:
        self.dbt.lake.become(BROUGHT)
        self.dbt.database.unlink(missing_ok=True)

    def build(self, **variables: object) -> Outcome:
        # All of the log was under way long enough: nothing is posted while the tests run.
        return self.dbt.run("build", log_lag_s=0, **variables)

    def assert_green(self, outcome: Outcome) -> None:
        self.assertTrue(outcome.success, outcome.messages)
        self.assertEqual(set(outcome.statuses.values()), {"success", "pass"}, outcome.messages)

    def assert_red(self, outcome: Outcome, *names: str) -> None:
        """These tests are red, and no other."""
        self.assertEqual(outcome.red(), set(names), outcome.messages)
        self.assertFalse(outcome.success)

    def the_event(self) -> str:
        """A condition that is true of one event, the oldest."""
        return f"driver_id = '{self.driver_id}' AND event_id = '{self.event_id}'"


class LakeTest(DbtTest):
    def test_as_it_is_it_is_green_and_complete(self) -> None:
        outcome = self.build()
        self.assert_green(outcome)
        # The comparison with the log is among what was run.
        self.assertEqual(outcome.statuses["every_event_of_the_log_is_in_the_lake"], "pass")
        self.assertEqual(outcome.statuses["every_event_of_the_lake_is_in_the_log"], "pass")
        (counts,) = self.dbt.ask(f"""
            SELECT
                (SELECT count(*) FROM stg_location_events) AS staged,
                (SELECT count(*) FROM '{BROUGHT}/log_keys/*.parquet') AS logged,
                (SELECT sum(positions) FROM fct_driver_minutes) AS positions,
                -- Minutes of before the window are in no table.
                (SELECT count(latitude) FROM stg_location_events
                WHERE live AND recorded_at > current_date - INTERVAL 30 DAY) AS staged_positions
        """)
        self.assertGreater(counts["staged"], 0)
        self.assertEqual(counts["staged"], counts["logged"])
        self.assertEqual(counts["positions"], counts["staged_positions"])

    def test_a_row_that_was_delivered_twice_counts_once(self) -> None:
        self.dbt.lake.rewrite("location_events", "*", f"{self.the_event()}")
        twice = self.dbt.lake.path / "location_events"
        kept = twice.rename(self.dbt.directory / "twice")
        self.addCleanup(shutil.rmtree, kept)
        self.dbt.lake.become(BROUGHT)
        for partition in kept.iterdir():
            shutil.copy(partition / "rewritten.parquet", twice / partition.name / "twice.parquet")
        self.assert_green(self.build())
        (staged,) = self.dbt.ask(f"SELECT * FROM stg_location_events WHERE {self.the_event()}")
        self.assertEqual(staged["deliveries"], 2)
        self.assert_red(
            self.without_deduplication(),
            "unique_together_stg_location_events_driver_id__recorded_at__event_id",
        )

    def without_deduplication(self) -> Outcome:
        """The same lake, built by a project whose staging keeps every row."""
        project = self.dbt.directory / "broken"
        self.addCleanup(shutil.rmtree, project)
        shutil.copytree(ANALYTICS, project)
        model = project / "models/staging/stg_location_events.sql"
        text = model.read_text()
        self.assertEqual(text.count("where occurrence = 1\n"), 1)
        model.write_text(text.replace("where occurrence = 1\n", ""))
        return Dbt(self.dbt.directory, project).run("build", log_lag_s=0)

    def test_a_null_is_red(self) -> None:
        self.dbt.lake.rewrite(
            "location_events", f"* REPLACE (if({self.the_event()}, NULL, kind) AS kind)"
        )
        self.assert_red(self.build(), "not_null_stg_location_events_kind")

    def test_an_event_that_the_lake_lost_is_red(self) -> None:
        self.dbt.lake.rewrite("location_events", "*", f"NOT ({self.the_event()})")
        self.assert_red(self.build(), "every_event_of_the_log_is_in_the_lake")

    def test_an_event_that_is_in_no_log_is_red(self) -> None:
        self.dbt.lake.put(
            "location_events", self.day, event("nobody-sent-it", "d", f"{self.day} 00:00:00")
        )
        self.assert_red(self.build(), "every_event_of_the_lake_is_in_the_log")

    def test_an_event_that_is_under_way_is_not_missed(self) -> None:
        self.dbt.lake.rewrite("location_events", "*", f"NOT ({self.the_event()})")
        self.assert_green(self.dbt.run("build", log_lag_s=7 * 86_400))

    def test_an_unknown_kind_is_red(self) -> None:
        self.dbt.lake.rewrite(
            "location_events", f"* REPLACE (if({self.the_event()}, 'teleported', kind) AS kind)"
        )
        (red,) = self.build().red()
        self.assertTrue(red.startswith("accepted_values_stg_location_events_kind__"), red)

    def test_an_orphan_is_red(self) -> None:
        orphan = change("never-assigned", 2, "accepted", f"{self.day} 09:00:00") | {
            "date": self.day,
            "previous_status": "assigned",
        }
        self.dbt.lake.put("updates", self.day, orphan)
        self.assert_red(self.build(), "every_update_is_of_an_assignment")

    def test_without_dispatch_it_is_green(self) -> None:
        for table in ("assignments", "updates"):
            self.dbt.lake.rewrite(table, "*", "false")
        self.assert_green(self.build())
        self.assertEqual(self.dbt.ask("SELECT * FROM fct_deliveries"), [])

    def test_a_lake_without_anything_is_green(self) -> None:
        self.dbt.lake.clear()
        self.dbt.lake.create()
        self.assert_green(self.build())


class MartsTest(DbtTest):
    """What is planted in the built tables, where no model can make it."""

    def test_duplicates_and_orphans_are_red(self) -> None:
        self.assert_green(self.build())
        self.dbt.execute("INSERT INTO dim_drivers FROM dim_drivers LIMIT 1")
        self.dbt.execute(
            "INSERT INTO fct_trips SELECT * REPLACE ('nobody' AS driver_id) FROM fct_trips LIMIT 1"
        )
        self.dbt.execute("UPDATE fct_driver_minutes SET positions = NULL")
        self.assert_red(
            self.dbt.run("test", log_lag_s=0),
            "unique_dim_drivers_driver_id",
            "relationships_fct_trips_driver_id__driver_id__ref_dim_drivers_",
            "not_null_fct_driver_minutes_positions",
        )


if __name__ == "__main__":
    unittest.main()
