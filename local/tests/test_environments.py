"""What the Makefile refuses to do to an environment."""

import os
import subprocess
import unittest
from unittest.mock import patch

from local import destroy
from local.console import Problem


def refusal(target: str, environment: str) -> str:
    """The line with which a target ends, before it has done anything."""
    ended = subprocess.run(
        ["make", "--no-print-directory", target, f"ENV={environment}"],
        # Not as a part of the make that runs the tests.
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=False,
    )
    line, make = ended.stderr.splitlines()
    assert (ended.returncode, ended.stdout) == (2, ""), ended
    assert make.startswith("make: *** "), make
    return line


class EnvironmentsTest(unittest.TestCase):
    def test_prod_is_not_destroyed(self) -> None:
        self.assertEqual(
            refusal("destroy", "prod"),
            "milkrun: prod is not destroyed from here: its data cannot be had again",
        )

    def test_local_is_brought_up_another_way(self) -> None:
        for target in ("synth", "diff", "deploy", "destroy"):
            with self.subTest(target):
                self.assertEqual(
                    refusal(target, "local"), "milkrun: local is the emulator: make up, make down"
                )

    def test_an_environment_has_to_be_named(self) -> None:
        for environment in ("", "staging"):
            with self.subTest(environment):
                self.assertEqual(
                    refusal("deploy", environment),
                    "milkrun: name the environment: ENV=dev, ENV=test or ENV=prod",
                )

    def test_nothing_is_deleted_before_the_name_is_typed(self) -> None:
        for typed in ("", "prod", "DEV"):
            with (
                self.subTest(typed),
                patch("boto3.client"),
                patch("builtins.print"),
                patch("builtins.input", return_value=typed),
                self.assertRaisesRegex(Problem, "is not dev: nothing was deleted"),
            ):
                destroy.confirm("dev", ["a-bucket"], given="")
        with patch("boto3.client"):
            destroy.confirm("dev", ["a-bucket"], given="dev")


if __name__ == "__main__":
    unittest.main()
