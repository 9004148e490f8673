"""Copying the lake, from an emulator with a small one."""

import contextlib
import io
import os
import tempfile
import unittest
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import duckdb

from local import emulator, lake
from local.aws import clients
from local.tests.test_commands import command

LOCAL = {
    "lake_bucket": "lake",
    "operations_log_bucket": "operations-log",
    "glue_database": "milkrun",
    "events_table": "events",
}
KEY = "location_events/dt=2026-11-20/a-file.parquet"


class LakeTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        # boto3's clients are given an environment of their own.
        environment = mock.patch.dict(os.environ)
        environment.start()
        self.addCleanup(environment.stop)
        self.addCleanup(emulator.stop, self.directory / "state")
        started = emulator.start(self.directory / "state", 0)
        self.client = clients(started.endpoint)
        self.fill()

    def fill(self) -> None:
        """One row delivered, one event in the log, and nothing dispatched."""
        s3, glue, dynamodb = (self.client(name) for name in ("s3", "glue", "dynamodb"))
        for bucket in ("lake", "operations-log"):
            s3.create_bucket(Bucket=bucket)
        glue.create_database(DatabaseInput={"Name": "milkrun"})
        columns = [{"Name": "event_id", "Type": "string"}, {"Name": "at", "Type": "timestamp"}]
        for table in lake.TABLES:
            described = {"Name": table, "StorageDescriptor": {"Columns": columns}}
            glue.create_table(DatabaseName="milkrun", TableInput=described)
        row = self.directory / "row.parquet"
        lake.write_parquet({"event_id": "VARCHAR"}, [{"event_id": "e"}], row)
        s3.upload_file(str(row), "lake", KEY)
        s3.put_object(Bucket="lake", Key="athena-results/answer.csv", Body=b"no row")
        dynamodb.create_table(
            TableName="events",
            KeySchema=[{"AttributeName": "driver_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "driver_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        logged = {"driver_id": "d", "event_id": "e", "kind": "position"}
        logged |= dict.fromkeys(("recorded_at", "received_at"), "2026-11-20T09:30:00.123Z")
        item = {name: {"S": value} for name, value in logged.items()}
        dynamodb.put_item(TableName="events", Item=item)

    def copied(self) -> Path:
        to = self.directory / "copies/lake"
        with contextlib.redirect_stdout(io.StringIO()):
            lake.copy(self.client, LOCAL, to)
        return to

    def ask(self, statement: str) -> list[tuple]:
        with duckdb.connect() as database:
            return database.execute(statement).fetchall()

    def test_has_what_was_delivered_and_what_was_logged(self) -> None:
        to = self.copied()
        found = {str(path.relative_to(to)) for path in to.rglob("*") if path.is_file()}
        empty = {f"{table}/dt=1970-01-01/empty.parquet" for table in lake.TABLES}
        self.assertEqual(found, {KEY, "log_keys/keys.parquet", *empty})
        (logged,) = self.ask(f"FROM '{to}/log_keys/keys.parquet'")
        at = datetime(2026, 11, 20, 9, 30, 0, 123_000)
        self.assertEqual(logged[:4], ("d", "e", at, at))
        # UTC, as the others are.
        age = datetime.now(UTC) - logged[4].replace(tzinfo=UTC)
        self.assertLess(abs(age.total_seconds()), 60)

    def test_a_table_without_rows_has_columns(self) -> None:
        described = self.ask(f"DESCRIBE FROM '{self.copied()}/updates/*/*.parquet'")
        self.assertEqual(
            [column[:2] for column in described[:2]], [("event_id", "VARCHAR"), ("at", "TIMESTAMP")]
        )

    def test_what_is_gone_is_gone_from_the_copy(self) -> None:
        self.copied()
        self.client("s3").delete_object(Bucket="lake", Key=KEY)
        self.assertEqual(list(self.copied().glob("location_events/dt=2026-11-20")), [])
        self.assertEqual([path.name for path in (self.directory / "copies").iterdir()], ["lake"])


class CommandTest(unittest.TestCase):
    def test_without_milkrun_it_says_what_to_do(self) -> None:
        with tempfile.TemporaryDirectory() as state_dir:
            failed = command("local.lake", "--state-dir", state_dir)
        self.assertEqual(failed.returncode, 1)
        self.assertEqual(failed.stderr, "milkrun: milkrun is not up: run `make up` first\n")
