"""The named queries through a running milkrun's Athena: what DuckDB answers on the lake's copy.

MILKRUN_LOCAL names its local.json, MILKRUN_LAKE the copy.
"""

import json
import os
import time
import unittest
from pathlib import Path

from local.aws import clients

from .lakes import copied
from .statements import connect, filled, rows
from .test_queries import QUERIES

PERIOD = ("2026-01-01", "2099-12-31", "America/New_York")


class AthenaTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.local = json.loads(Path(os.environ["MILKRUN_LOCAL"]).read_text())
        cls.athena = clients(cls.local["aws_endpoint"])("athena")

    def ask(self, statement: str) -> list[dict[str, str | None]]:
        """What Athena answers, all of it as text."""
        query_id = self.athena.start_query_execution(
            QueryString=statement,
            QueryExecutionContext={"Database": self.local["glue_database"]},
            WorkGroup=self.local["athena_workgroup"],
        )["QueryExecutionId"]
        while (status := self.status(query_id))["State"] in ("QUEUED", "RUNNING"):
            time.sleep(0.05)
        self.assertEqual(status["State"], "SUCCEEDED", status)
        pages = self.athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
        names, *values = [
            [value.get("VarCharValue") for value in row["Data"]]
            for page in pages
            for row in page["ResultSet"]["Rows"]
        ]
        return [dict(zip(names, row, strict=True)) for row in values]

    def status(self, query_id: str) -> dict:
        return self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"][
            "Status"
        ]

    def test_the_same_is_answered(self) -> None:
        answered = {}
        for name in QUERIES:
            if name != "quarantine_by_reason":
                with self.subTest(name), connect(copied()) as database:
                    statement = filled(f"queries/{name}", *PERIOD)
                    answered[name] = self.ask(statement)
                    self.compare(answered[name], rows(database, statement))
        # Of two empty answers, one is no proof of the other.
        for name in ("crossings_per_day", "time_at_customer", "worst_gps_accuracy"):
            self.assertGreater(len(answered[name]), 0, name)

    def compare(self, answered: list[dict[str, str | None]], expected: list[dict]) -> None:
        """The same rows; sums of fractions may differ in their last digits."""
        self.assertEqual(len(answered), len(expected))
        for texts, row in zip(answered, expected, strict=True):
            self.assertEqual(list(texts), list(row))
            for name, value in row.items():
                if isinstance(value, float):
                    self.assertAlmostEqual(float(texts[name] or "nan"), value, places=6, msg=name)
                else:
                    self.assertEqual(texts[name], None if value is None else str(value), name)

    def test_the_quarantine_is_a_table(self) -> None:
        s3 = clients(self.local["aws_endpoint"])("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self.local["quarantine_bucket"])
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
        answered = self.ask(filled("queries/quarantine_by_reason", *PERIOD))
        self.assertEqual(sum(int(row["requests"]) for row in answered), len(keys))
        reasons = {key.split("/")[1] for key in keys}
        self.assertEqual({row["reason"] for row in answered}, reasons)


if __name__ == "__main__":
    unittest.main()
