"""What the commands print and write."""

import hashlib
import hmac
import json
import shlex
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from local import connection, example
from local.stages import Tally

CONNECTION = {
    "webhook_url": "http://127.0.0.1:1/_aws/execute-api/a/%24default/v1/webhooks/radar",
    "api_url": "http://127.0.0.1:1/_aws/execute-api/b/local",
    "api_key": "a-key",
    "radar_secret": "a-secret",
}


class Outputs(dict[str, str]):
    """The outputs of a stack, whose values say whose they are."""

    def __init__(self, stack: str) -> None:
        super().__init__()
        self.stack = stack

    def __missing__(self, key: str) -> str:
        return f"of {self.stack}: {key}"


def outputs() -> connection.Outputs:
    stacks = ("data", "write-edge", "outbox", "analytics", "read-edge")
    return {f"milkrun-local-{stack}": Outputs(stack) for stack in stacks}


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, check=False
    )


class CommandsTest(unittest.TestCase):
    def test_a_failure_is_one_line_and_no_traceback(self) -> None:
        with tempfile.TemporaryDirectory() as state_dir:
            failed = command("local.up", "--state-dir", state_dir, "--port", "many")
        self.assertEqual(failed.returncode, 1)
        self.assertRegex(failed.stderr, r"\Amilkrun: `many` is not a port: .*\n\Z")

    def test_down_without_up_is_fine(self) -> None:
        with tempfile.TemporaryDirectory() as state_dir:
            done = command("local.down", "--state-dir", f"{state_dir}/never-used")
        self.assertEqual((done.returncode, done.stdout), (0, "milkrun was not up\n"))

    def test_local_json_is_for_its_owner_only(self) -> None:
        with tempfile.TemporaryDirectory() as state_dir:
            connection.write(Path(state_dir), CONNECTION)
            written = connection.local_file(Path(state_dir))
            self.assertEqual(json.loads(written.read_text()), CONNECTION)
            self.assertEqual(written.stat().st_mode & 0o777, 0o600)

    def test_local_json_names_what_the_stacks_put_out(self) -> None:
        secrets = {"radar": "a-secret", "standard_webhooks": "another"}
        said = connection.describe("http://127.0.0.1:1", outputs(), "a-key", secrets)
        self.assertEqual(
            {key: value for key, value in said.items() if value.startswith("of ")},
            {
                "usage_plan_id": "of read-edge: UsagePlanId",
                "radar_secret_id": "of data: RadarSecret",
                "standard_webhooks_secret_id": "of data: StandardWebhooksSecret",
                "events_table": "of data: EventsTable",
                "signing_ids_table": "of data: SigningIdsTable",
                "assignments_table": "of data: AssignmentsTable",
                "aggregates_table": "of data: AggregatesTable",
                "lake_bucket": "of data: LakeBucket",
                "quarantine_bucket": "of data: QuarantineBucket",
                "relay_failures_bucket": "of data: RelayFailuresBucket",
                "dispatch_bucket": "of data: DispatchBucket",
                "operations_log_bucket": "of data: OperationsLogBucket",
                "bus": "of outbox: Bus",
                "delivery_stream": "of outbox: DeliveryStream",
                "assignments_log_stream": "of outbox: AssignmentsLogStream",
                "updates_log_stream": "of outbox: UpdatesLogStream",
                "subscriber_queue_url": "of outbox: SubscriberQueueUrl",
                "glue_database": "of outbox: GlueDatabase",
                "glue_table": "of outbox: GlueTable",
                "athena_workgroup": "of outbox: AthenaWorkgroup",
                "aggregator_minutes_function": "of analytics: AggregatorMinutesFunction",
                "aggregator_daily_function": "of analytics: AggregatorDailyFunction",
            },
        )

    def test_the_printed_webhook_is_signed_with_the_secret(self) -> None:
        words = shlex.split(example.post(CONNECTION).replace("\\\n", ""))
        headers = dict(word.split(": ", 1) for word in words if ": " in word and word[0] != "{")
        signed = hmac.new(b"a-secret", headers["x-radar-signing-id"].encode(), hashlib.sha1)
        self.assertEqual(headers["x-radar-signature"], signed.hexdigest())
        driver = json.loads(words[-1])["user"]["_id"]
        self.assertIn(f"/v1/drivers/{driver}/location", example.query(CONNECTION))


class TallyTest(unittest.TestCase):
    def test_counts_what_each_test_runner_says(self) -> None:
        tally = Tally()
        for line in (
            "test result: FAILED. 12 passed; 1 failed; 0 ignored; 0 measured; 2 filtered out",
            "\x1b[2m      Tests \x1b[22m \x1b[1m\x1b[31m2 failed\x1b[39m\x1b[2m | \x1b[32m7 passed",
            "      Tests  30 passed (30)",
            " Test Files  1 failed | 2 passed (3)",
            "Ran 9 tests in 1.200s",
            "FAILED (failures=1, errors=3)",
        ):
            tally.count(line)
        self.assertEqual((tally.passed, tally.failed), (12 + 7 + 30 + 9 - 4, 1 + 2 + 4))
