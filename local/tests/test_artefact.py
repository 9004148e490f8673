"""The artefact: the same bytes for the same input, and no other deployed than was built."""

import base64
import hashlib
import json
import os
import tempfile
import unittest
import zipfile
from pathlib import Path

from local import artefact, deployed, template_changes
from local.console import Problem


class ArtefactTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.artefact = self.directory / "artefact"
        self.functions = self.directory / "functions"
        self.write("functions/ingest/bootstrap", "a binary")
        artefact.pack(self.functions, self.artefact)
        self.write("artefact/version", "v1")
        self.digest = artefact.seal(self.artefact)

    def write(self, path: str, text: str) -> None:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def assert_refused(self, fault: str, digest: str = "") -> None:
        with self.assertRaises(Problem) as refused:
            artefact.verify(self.artefact, digest)
        self.assertIn(fault, str(refused.exception))
        self.assertNotIn("\n", str(refused.exception))

    def test_the_same_function_is_the_same_package_at_any_time(self) -> None:
        os.utime(self.functions / "ingest" / "bootstrap", (0, 2_000_000_000))
        again = self.directory / "again"
        artefact.pack(self.functions, again)
        package = "functions/ingest.zip"
        self.assertEqual((again / package).read_bytes(), (self.artefact / package).read_bytes())

    def test_lambda_can_run_what_is_in_the_package(self) -> None:
        with zipfile.ZipFile(self.artefact / "functions" / "ingest.zip") as package:
            [entry] = package.infolist()
            self.assertEqual((entry.filename, entry.external_attr >> 16), ("bootstrap", 0o100755))
            self.assertEqual(package.read(entry), b"a binary")
            self.assertEqual(entry.date_time, (1980, 1, 1, 0, 0, 0))

    def test_what_was_sealed_is_accepted(self) -> None:
        self.assertEqual(artefact.verify(self.artefact, self.digest), self.digest)
        self.assertEqual(artefact.verify(self.artefact), self.digest)

    def test_every_difference_is_refused_in_one_line(self) -> None:
        self.assert_refused("is another artefact", digest="0" * 64)
        self.write("artefact/version", "v2")
        self.assert_refused("version has changed; nothing is deployed")
        self.write("artefact/assemblies/dev/planted", "")
        self.assert_refused("assemblies/dev/planted does not belong to it, and 1 more")
        (self.artefact / "functions" / "ingest.zip").unlink()
        self.assert_refused("functions/ingest.zip is missing, and 2 more")
        (self.artefact / artefact.SUMS).unlink()
        self.assert_refused("is not an artefact")

    def test_checksums_that_were_written_anew_are_another_artefact(self) -> None:
        self.write("artefact/version", "v2")
        artefact.seal(self.artefact)
        self.assert_refused("is another artefact", digest=self.digest)


class DeployedTest(unittest.TestCase):
    def test_each_function_of_the_templates_is_found_with_its_digest(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            assembly = Path(directory)
            (assembly / "asset.abc.zip").write_bytes(b"a package")
            function = {
                "Type": "AWS::Lambda::Function",
                "Properties": {"Code": {"S3Key": "abc.zip"}},
            }
            template = {
                "Resources": {"Ingest": function, "Table": {"Type": "AWS::DynamoDB::Table"}}
            }
            (assembly / "milkrun-dev-write-edge.template.json").write_text(json.dumps(template))
            digest = base64.b64encode(hashlib.sha256(b"a package").digest()).decode()
            self.assertEqual(
                list(deployed.packages(assembly)), [("milkrun-dev-write-edge", "Ingest", digest)]
            )

    def test_another_function_stands_out(self) -> None:
        functions = [
            deployed.Function("ingest", expected="a", deployed="a", version="3"),
            deployed.Function("relay", expected="a", deployed="b", version="4"),
        ]
        rows = deployed.table("dev", functions).splitlines()[2:]
        self.assertEqual(rows, ["| ingest | 3 | `a` | as built |", "| relay | 4 | `b` | ANOTHER |"])


class TemplateChangesTest(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.before, self.after = Path(directory.name) / "before", Path(directory.name) / "after"
        for side in (self.before, self.after):
            (side / "dev").mkdir(parents=True)
            (side / "dev" / "same.template.json").write_text("{}")

    def test_nothing_is_said_of_stacks_that_are_the_same(self) -> None:
        text = template_changes.report(self.before, self.after)
        self.assertEqual(text, "## What changes in the templates\n\ndev: nothing")

    def test_a_stack_that_is_gone_is_named(self) -> None:
        (self.before / "dev" / "gone.template.json").write_text("{}")
        text = template_changes.report(self.before, self.after)
        self.assertIn("<summary>dev: gone</summary>", text)
        self.assertIn("delete it by hand", text)


if __name__ == "__main__":
    unittest.main()
