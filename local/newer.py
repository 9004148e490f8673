"""`make newer`: whether an artefact is no older than what is deployed to an environment.

Its commit must not come before the one that runs there. With the credentials and the region of the
shell, and the whole history of the repository.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .console import Problem, run
from .deployed import ALIAS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", required=True)
    parser.add_argument("--artefact", type=Path, required=True)
    options = parser.parse_args()
    built = (options.artefact / "version").read_text().strip()
    try:
        deployed = deployed_version(options.artefact, options.env)
    except (BotoCoreError, ClientError) as error:
        raise Problem(f"AWS does not say what is deployed to {options.env}: {error}") from None
    print(compared(built, deployed, options.env))


def deployed_version(artefact: Path, environment: str) -> str | None:
    """What the health route reports; nothing before the first deployment."""
    stack, logical_id = reporting(artefact / "assemblies" / environment)
    try:
        resource = boto3.client("cloudformation").describe_stack_resource(
            StackName=stack, LogicalResourceId=logical_id
        )["StackResourceDetail"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    current = boto3.client("lambda").get_function_configuration(
        FunctionName=resource["PhysicalResourceId"], Qualifier=ALIAS
    )
    return current["Environment"]["Variables"]["BUILD_VERSION"]


def reporting(assembly: Path) -> tuple[str, str]:
    """The function that knows its version: its stack and its logical id."""
    for template in sorted(assembly.glob("*.template.json")):
        for logical_id, resource in json.loads(template.read_text())["Resources"].items():
            variables = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
            if "BUILD_VERSION" in variables:
                return template.name.removesuffix(".template.json"), logical_id
    raise Problem(f"{assembly} has no function that reports a version")


def compared(built: str, deployed: str | None, environment: str, repository: Path = Path()) -> str:
    """Says how they compare; a problem where the deployed one is the later."""
    if deployed is None:
        return f"nothing is deployed to {environment} yet"
    commits = [commit(version, repository) for version in (built, deployed)]
    if None in commits:
        # Somebody has deployed a branch of their own by hand.
        return (
            f"{environment} has {deployed}, which cannot be compared with {built} in this history"
        )
    if commits[0] != commits[1] and _git(repository, "merge-base", "--is-ancestor", *commits) == 0:
        raise Problem(f"{environment} has {deployed}, which is newer than {built}")
    return f"{environment} has {deployed}, which is not newer than {built}"


def commit(version: str, repository: Path) -> str | None:
    """The commit that `git describe` called so, if this history has it."""
    clean = re.sub(r"-dirty$", "", version)
    command = ["git", "-C", str(repository), "rev-parse", "--quiet", "--verify"]
    found = subprocess.run(
        [*command, f"{clean}^{{commit}}"], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


def _git(repository: Path, *arguments: str) -> int:
    return subprocess.run(["git", "-C", str(repository), *arguments], check=False).returncode


if __name__ == "__main__":
    run(main)
