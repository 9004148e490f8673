"""dbt, run on a lake in a directory, in this process: starting it takes longer than most runs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from .lakes import ANALYTICS, Lake
from .statements import rows


@dataclass
class Outcome:
    """What became of a run, by the names of models and tests."""

    success: bool
    statuses: dict[str, str] = field(default_factory=dict)
    # What dbt says of what went wrong.
    messages: str = ""

    def red(self) -> set[str]:
        """What failed or could not run. What was skipped for that is not in it."""
        return {name for name, status in self.statuses.items() if status in ("fail", "error")}


class Dbt:
    """A project, a lake and a database of its own under one directory."""

    def __init__(self, directory: Path, project: Path = ANALYTICS) -> None:
        self.project = project
        self.directory = directory
        self.lake = Lake(directory / "lake")
        self.database = directory / "milkrun.duckdb"

    def run(self, command: str, *options: str, **variables: Any) -> Outcome:
        """`dbt build` and the like, with variables of the project."""
        os.environ |= {
            "DBT_TARGET_PATH": str(self.target),
            "DBT_LOG_PATH": str(self.directory / "logs"),
            "MILKRUN_LAKE": str(self.lake.path),
            "MILKRUN_DUCKDB": str(self.database),
        }
        arguments = ["--project-dir", str(self.project), "--profiles-dir", str(self.project)]
        arguments += ["--quiet", "--log-level", "none", "--vars", json.dumps(variables), *options]
        try:
            done = dbtRunner().invoke([command, *arguments])
        finally:
            # It would hold the database's file, and the tests read it.
            DuckDBConnectionManager.close_all_connections()
        if done.result is None:
            return Outcome(done.success, messages=str(done.exception))
        outcome = Outcome(done.success)
        for result in done.result.results:
            outcome.statuses[result.node.name] = str(result.status)
            if result.message and result.status in ("fail", "error"):
                outcome.messages += f"{result.node.name}: {result.message}\n"
        return outcome

    @property
    def target(self) -> Path:
        """Where dbt puts what it made of the project, such as the statements under `compiled/`."""
        return self.directory / f"target-{self.project.name}"

    def ask(self, statement: str) -> list[dict[str, Any]]:
        """What the built tables answer."""
        with duckdb.connect(self.database) as database:
            return rows(database, statement)

    def execute(self, statement: str) -> None:
        """Changes the built tables."""
        with duckdb.connect(self.database) as database:
            database.execute(statement)
