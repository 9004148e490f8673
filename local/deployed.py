"""`make deployed`: whether the functions that run in an environment are those of an artefact.

Prints a table of them, in Markdown, for a pipeline's summary; or with `--json` for programs. With
the credentials and the region of the shell.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .console import Problem, run

# What all callers of a function call.
ALIAS = "live"


@dataclass(frozen=True)
class Function:
    """A function of an environment: the digest it should have, and what Lambda says it has."""

    name: str
    expected: str
    deployed: str
    version: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", required=True)
    parser.add_argument("--artefact", type=Path, required=True)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    try:
        functions = deployed(options.artefact, options.env)
    except (BotoCoreError, ClientError) as error:
        raise Problem(f"AWS does not say what is deployed to {options.env}: {error}") from None
    if options.json:
        print(json.dumps([asdict(function) for function in functions], indent=2))
    else:
        print(table(options.env, functions))
    others = [function.name for function in functions if function.deployed != function.expected]
    if others:
        raise Problem(
            f"{options.env} runs other functions than the artefact's: {', '.join(others)}"
        )


def deployed(artefact: Path, environment: str) -> list[Function]:
    """Every function of the artefact's templates, as Lambda has it behind its alias."""
    cloudformation, functions = boto3.client("cloudformation"), boto3.client("lambda")
    found = []
    for stack, logical_id, package in packages(artefact / "assemblies" / environment):
        resource = cloudformation.describe_stack_resource(
            StackName=stack, LogicalResourceId=logical_id
        )["StackResourceDetail"]
        current = functions.get_function_configuration(
            FunctionName=resource["PhysicalResourceId"], Qualifier=ALIAS
        )
        found.append(
            Function(names(artefact)[package], package, current["CodeSha256"], current["Version"])
        )
    return sorted(found, key=lambda function: function.name)


def packages(assembly: Path) -> Iterator[tuple[str, str, str]]:
    """Each function in the templates: its stack, its logical id, and its package's CodeSha256."""
    for template in sorted(assembly.glob("*.template.json")):
        stack = template.name.removesuffix(".template.json")
        for logical_id, resource in json.loads(template.read_text())["Resources"].items():
            if resource["Type"] == "AWS::Lambda::Function":
                yield stack, logical_id, code_sha256(assembly / _asset(resource))


def names(artefact: Path) -> dict[str, str]:
    """The functions' names by the CodeSha256 of their packages."""
    return {code_sha256(path): path.stem for path in (artefact / "functions").glob("*.zip")}


def code_sha256(package: Path) -> str:
    """As Lambda writes it."""
    return base64.b64encode(hashlib.sha256(package.read_bytes()).digest()).decode()


def table(environment: str, functions: list[Function]) -> str:
    """The functions as a Markdown table."""
    lines = [f"| {environment} | version | CodeSha256 | |", "| --- | --- | --- | --- |"]
    for function in functions:
        same = "as built" if function.deployed == function.expected else "ANOTHER"
        lines.append(f"| {function.name} | {function.version} | `{function.deployed}` | {same} |")
    return "\n".join(lines)


def _asset(resource: dict[str, Any]) -> str:
    """The file in the assembly that CDK's command line puts into the bucket under this key."""
    return f"asset.{resource['Properties']['Code']['S3Key']}"


if __name__ == "__main__":
    run(main)
