"""That the checks of what we depend on, and of what we commit, can be red."""

from __future__ import annotations

import subprocess
import tempfile
import unittest
from pathlib import Path

from local.licences import accepts

ACCEPTED = {"MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "Unicode-3.0"}


class SecretsTest(unittest.TestCase):
    def scan(self, content: str) -> subprocess.CompletedProcess[str]:
        # Not outside: what is committed is looked at from here.
        Path("target").mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir="target", suffix=".txt") as file:
            file.write(content)
            file.flush()
            command = [
                "node_modules/.bin/secretlint",
                "--no-glob",
                "--secretlintignore",
                "/dev/null",
            ]
            return subprocess.run(
                [*command, file.name], capture_output=True, text=True, check=False
            )

    def test_planted_keys_are_found_and_not_shown(self) -> None:
        # Put together here, or this file would be found.
        keys = {
            "AWSSecretAccessKey": (
                "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI",
                "K7MDENGbPxRfiCYzzzzzzzzzzzz",
            ),
            "GITHUB_TOKEN": ("ghp", "_abcdefghijklmnopqrstuvwxyzABCDEF0123"),
        }
        for rule, parts in keys.items():
            with self.subTest(rule):
                found = self.scan("".join(parts) + "\n")
                self.assertEqual(found.returncode, 1, found.stdout + found.stderr)
                self.assertIn(rule, found.stdout)
                self.assertNotIn(parts[1], found.stdout)

    def test_what_is_none_is_not(self) -> None:
        self.assertEqual(self.scan("AWS_SECRET_ACCESS_KEY=test\n").returncode, 0)


class LicencesTest(unittest.TestCase):
    def test_one_of_several_or_all_together(self) -> None:
        for expression, expected in {
            "MIT": True,
            "GPL-3.0-only": False,
            "MIT OR GPL-3.0-only": True,
            "MIT/GPL-3.0-only": True,
            "MIT AND GPL-3.0-only": False,
            "(MIT OR GPL-3.0-only) AND Unicode-3.0": True,
            "(MIT OR Apache-2.0) AND GPL-3.0-only": False,
            "Apache-2.0 WITH LLVM-exception": True,
            "GPL-2.0-only WITH Classpath-exception-2.0": False,
            "": False,
        }.items():
            with self.subTest(expression):
                self.assertEqual(accepts(expression, ACCEPTED), expected)


if __name__ == "__main__":
    unittest.main()
