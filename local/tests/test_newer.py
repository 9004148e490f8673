"""An older commit is not deployed over a newer one."""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

from local import newer
from local.console import Problem

AUTHOR = ["-c", "user.name=any", "-c", "user.email=any@example.com", "-c", "commit.gpgsign=false"]


class NewerTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.repository = Path(directory.name)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.first = self.commit()
        self.git("tag", "v1")
        self.second = self.commit()

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.repository), *AUTHOR, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self) -> str:
        self.git("commit", "--quiet", "--allow-empty", "--message", "any")
        return self.git("rev-parse", "--short", "HEAD")

    def compared(self, built: str, deployed: str | None) -> str:
        return newer.compared(built, deployed, "prod", self.repository)

    def test_an_older_commit_is_refused_by_whatever_name(self) -> None:
        described = self.git("describe", "--tags")
        for built in (self.first, "v1"):
            for deployed in (self.second, described, f"{described}-dirty"):
                with self.subTest(built=built, deployed=deployed), self.assertRaises(Problem):
                    self.compared(built, deployed)

    def test_a_newer_one_and_the_same_are_not(self) -> None:
        self.assertIn("not newer", self.compared(self.second, "v1"))
        self.assertIn("not newer", self.compared(self.second, self.second))

    def test_neither_is_the_first_nor_one_that_this_history_does_not_know(self) -> None:
        self.assertIn("nothing is deployed", self.compared(self.first, None))
        self.assertIn("cannot be compared", self.compared(self.first, "0123abc"))

    def test_the_version_is_that_of_the_function_that_reports_it(self) -> None:
        resources = {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Ingest": {"Properties": {"Environment": {"Variables": {"TABLE": "any"}}}},
            "Reader": {"Properties": {"Environment": {"Variables": {"BUILD_VERSION": "v1"}}}},
        }
        template = self.repository / "milkrun-dev-read-edge.template.json"
        template.write_text(json.dumps({"Resources": resources}))
        self.assertEqual(newer.reporting(self.repository), ("milkrun-dev-read-edge", "Reader"))


if __name__ == "__main__":
    unittest.main()
