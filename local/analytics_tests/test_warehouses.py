"""What can be said of Athena and Snowflake without them.

That the project compiles for both, and that what they would be given is SQL of theirs.
"""

import re
import tempfile
import unittest
from pathlib import Path

import sqlglot

from .dbt import Dbt
from .lakes import ANALYTICS, COLUMNS

MODELS = sorted(path.stem for path in (ANALYTICS / "models").glob("*/*.sql"))


def statements(path: Path, dialect: str) -> list[sqlglot.exp.Expression]:
    """Every statement of a file, each understood: what sqlglot does not know is a `Command`."""
    parsed = [found for found in sqlglot.parse(path.read_text(), read=dialect) if found]
    unknown = [found.sql() for found in parsed if isinstance(found, sqlglot.exp.Command)]
    assert not unknown, f"{path}: {unknown}"
    return parsed


class CompiledTest(unittest.TestCase):
    def compiled(self, target: str) -> dict[str, Path]:
        """The statements of all models and tests, by name."""
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        dbt = Dbt(Path(directory.name))
        options = ["--target", target, "--no-introspect", "--no-populate-cache"]
        variables = {"arrived_from": "2026-11-01", "arrived_to": "2026-11-20", "reconcile": True}
        outcome = dbt.run("compile", *options, time_zone="America/New_York", **variables)
        self.assertTrue(outcome.success, outcome.messages)
        return {path.stem: path for path in dbt.target.glob("compiled/**/*.sql")}

    def check(self, target: str) -> dict[str, Path]:
        compiled = self.compiled(target)
        self.assertLessEqual({*MODELS, "every_event_of_the_lake_is_in_the_log"}, compiled.keys())
        for name, path in compiled.items():
            with self.subTest(name):
                (statement,) = statements(path, target)
                self.assertIsInstance(statement, sqlglot.exp.Query)
        for name in MODELS:
            if name.startswith("stg_"):
                window = "where dt between '2026-11-01' and '2026-11-20'"
                self.assertIn(window, compiled[name].read_text())
        return compiled

    def test_for_athena(self) -> None:
        compiled = self.check("athena")
        self.assertIn(
            'from "awsdatacatalog"."milkrun"."updates"', compiled["stg_updates"].read_text()
        )

    def test_for_snowflake(self) -> None:
        compiled = self.check("snowflake")
        self.assertIn("from MILKRUN.RAW.updates", compiled["stg_updates"].read_text())


class ScriptsTest(unittest.TestCase):
    def test_athenas_are_its(self) -> None:
        for path in (ANALYTICS / "athena").glob("*.sql"):
            self.assertGreater(len(statements(path, "athena")), 0)

    def test_snowflakes_are_its(self) -> None:
        for name in ("1_stages", "2_tables"):
            with self.subTest(name):
                self.assertGreater(
                    len(statements(ANALYTICS / f"snowflake/{name}.sql", "snowflake")), 0
                )

    def test_every_table_has_a_stage_a_table_and_a_pipe(self) -> None:
        made = {
            (statement.kind, statement.find(sqlglot.exp.Table).sql())
            for name in ("1_stages", "2_tables")
            for statement in statements(ANALYTICS / f"snowflake/{name}.sql", "snowflake")
            if statement.kind in ("STAGE", "TABLE")
        }
        # sqlglot knows no pipes, but it does know what one runs.
        pipes = (ANALYTICS / "snowflake/3_pipes.sql").read_text()
        for table in COLUMNS:
            with self.subTest(table):
                qualified = f"milkrun.raw.{table}"
                self.assertLessEqual({("STAGE", qualified), ("TABLE", qualified)}, made)
                head = f"CREATE PIPE IF NOT EXISTS {qualified}\n    AUTO_INGEST = TRUE\nAS\n"
                (copy,) = re.findall(re.escape(head) + r"(COPY INTO .*?;)", pipes, re.DOTALL)
                parsed = sqlglot.parse_one(copy, read="snowflake")
                self.assertIsInstance(parsed, sqlglot.exp.Copy)
                self.assertIn(f"{qualified} (record, dt, file, loaded_at)", copy)
                self.assertIn(f"FROM @{qualified}\n", copy)


if __name__ == "__main__":
    unittest.main()
