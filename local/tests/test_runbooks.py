"""The runner of runbooks notices what is wrong with a page."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

from local import runbooks

# Stands in for the command line of AWS: knows one name, and no service but one.
AWS = """#!/bin/sh
shift 2
case "$*" in
  "cloudformation known") echo name ;;
  "cloudformation unknown") echo None ;;
  "s3 "*) echo object ;;
  *) echo "no such service" >&2; exit 2 ;;
esac
"""


class Runbooks(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = Path(temporary.name)
        aws = self.directory / "aws"
        aws.write_text(AWS)
        aws.chmod(0o755)
        self.settings = {
            "PATH": f"{self.directory}:{os.environ['PATH']}",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
            "KEPT": str(self.directory),
        }

    def execute(self, *commands: str) -> runbooks.Result:
        return runbooks.execute(Path("page.md"), "", list(commands), self.settings)

    def test_commands_that_work(self) -> None:
        result = self.execute('res() { aws cloudformation known; }\naws s3 "$(res)" | grep object')
        self.assertEqual(result, runbooks.Result())

    def test_faults_wherever_they_are(self) -> None:
        for command in (
            "aws sqs",
            'echo "$(aws sqs)"',
            "list() { aws sqs; }\nlist",
            "aws sqs | cat",
            "for id in $(aws sqs); do echo; done",
            "aws s3 list | grep nothing",
            "aws cloudformation unknown",
            "no-such-command",
            "if",
        ):
            with self.subTest(command):
                result = self.execute("true", f"{command}\n")
                self.assertTrue(result.faults and result.faults[0].startswith("page.md: "), result)

    def test_what_the_emulator_lacks_is_left_out_and_said(self) -> None:
        result = self.execute("aws service-quotas list-service-quotas --service-code dynamodb")
        self.assertEqual(result.left_out, ["service-quotas list-service-quotas"])
        self.assertEqual(result.faults, [])

    def test_attention_is_no_fault_of_the_tool_only(self) -> None:
        for name, code, is_fault in (
            ("milkrun", 3, False),
            ("milkrun", 1, True),
            ("other", 3, True),
        ):
            with self.subTest(f"{name} {code}"):
                tool = self.directory / name
                tool.write_text(f"#!/bin/sh\nexit {code}\n")
                tool.chmod(0o755)
                self.assertEqual(bool(self.execute(f"{name} status").faults), is_fault)

    def test_blocks_are_found_also_in_lists(self) -> None:
        page = self.directory / "page.md"
        page.write_text(
            "# A\n\n```sh\na\n```\n\n- b:\n\n  ```sh\n  b \\\n    c\n  ```\n\n```json\n{}\n```\n"
        )
        self.assertEqual(runbooks.blocks(page), ["a\n", "b \\\n  c\n"])
