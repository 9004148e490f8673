"""`make destroy`, before CloudFormation: asks once, and empties the buckets, or they would stay.

With the credentials and the region of the shell.
"""

from __future__ import annotations

import argparse

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from .console import Problem, run, step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", required=True)
    parser.add_argument("--confirm", default="", help="the environment's name: do not ask")
    options = parser.parse_args()
    try:
        found = buckets(options.env)
        confirm(options.env, found, options.confirm)
        for bucket in found:
            with step("empty") as current:
                current.note = f"{bucket}: {empty(bucket)} objects"
    except (BotoCoreError, ClientError) as error:
        raise Problem(f"{options.env} cannot be emptied: {error}") from None


def buckets(environment: str) -> list[str]:
    """The buckets of the environment's data stack; none where it is not deployed."""
    cloudformation = boto3.client("cloudformation")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(
        StackName=f"milkrun-{environment}-data"
    )
    try:
        resources = [each for page in pages for each in page["StackResourceSummaries"]]
    except ClientError as error:
        if "does not exist" in str(error):
            return []
        raise
    return [
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == "AWS::S3::Bucket"
        and resource["ResourceStatus"] != "DELETE_COMPLETE"
    ]


def confirm(environment: str, found: list[str], given: str) -> None:
    """Goes on only if somebody has typed the environment's name."""
    account = boto3.client("sts").get_caller_identity()["Account"]
    if not given:
        print(
            f"This deletes all that milkrun has in {environment}, account {account}: "
            f"tables, secrets, and {len(found)} buckets with all that is in them."
        )
        try:
            given = input(f"Type {environment} to go on: ")
        except EOFError:
            unasked = f"make destroy ENV={environment} CONFIRM={environment}"
            raise Problem(f"nobody is here to be asked: `{unasked}`") from None
    if given.strip() != environment:
        raise Problem(f"`{given.strip()}` is not {environment}: nothing was deleted")


def empty(bucket: str) -> int:
    """Deletes every version of every object; returns how many."""
    storage = boto3.client("s3")
    deleted = 0
    for page in storage.get_paginator("list_object_versions").paginate(Bucket=bucket):
        versions = [
            {"Key": each["Key"], "VersionId": each["VersionId"]}
            for kind in ("Versions", "DeleteMarkers")
            for each in page.get(kind, [])
        ]
        if versions:
            answer = storage.delete_objects(
                Bucket=bucket, Delete={"Objects": versions, "Quiet": True}
            )
            for error in answer.get("Errors", []):
                raise Problem(f"{bucket} keeps {error['Key']}: {error['Message']}")
        deleted += len(versions)
    return deleted


if __name__ == "__main__":
    run(main)
