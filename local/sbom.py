"""`make sbom`: what is in each binary and in npm's packages, as CycloneDX, into target/sbom.

Each document is checked against the specification's schema.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from .console import Problem, run

DIRECTORY = Path("target/sbom")
# What is built for AWS, and the tool of its operators.
DEPLOYED = ("functions", "cli")
WORKSPACE = (*DEPLOYED, "bench", "crates", "tests")


def main() -> None:
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    for old in DIRECTORY.glob("*.cdx.json"):
        old.unlink()
    binaries()
    npm()
    for document in sorted(DIRECTORY.glob("*.cdx.json")):
        check(document)
        print(document)


def binaries() -> None:
    """One document for each function, and one for `milkrun`."""
    command = ["cargo", "cyclonedx", "--format", "json", "--spec-version", "1.5"]
    target = ["--target", "aarch64-unknown-linux-gnu", "--describe", "binaries"]
    # It writes beside the sources, and nowhere else.
    suffix = "_bin.cdx.json"
    try:
        execute([*command, *target])
        for directory in DEPLOYED:
            for written in Path(directory).glob(f"**/*{suffix}"):
                written.rename(DIRECTORY / f"{written.name.removesuffix(suffix)}.cdx.json")
    finally:
        for directory in WORKSPACE:
            for written in Path(directory).glob(f"**/*{suffix}"):
                written.unlink()


def npm() -> None:
    """What deploys and checks milkrun."""
    command = ["npm", "sbom", "--sbom-format=cyclonedx", "--sbom-type=application"]
    (DIRECTORY / "npm.cdx.json").write_text(execute([*command, "--package-lock-only"]))


def execute(command: list[str]) -> str:
    """Runs a command and returns what it wrote to stdout."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        print(ended.stderr, file=sys.stderr)
        raise Problem(f"`{' '.join(command[:2])}` failed, for the reason above")
    return ended.stdout


def check(document: Path) -> None:
    """Raises a problem where a document is not what the specification asks for."""
    fault = JsonStrictValidator(SchemaVersion.V1_5).validate_str(document.read_text())
    if fault:
        raise Problem(f"{document} is no CycloneDX: {fault}")


if __name__ == "__main__":
    run(main)
