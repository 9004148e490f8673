"""Terraform in three accounts of one emulator: what the tests of infra/ look at."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from local import emulator, terraform

STATE_DIR = Path(".milkrun/terraform")
# An access key of twelve digits makes its holder root of that account.
ACCOUNTS = {"dev": "111111111111", "test": "222222222222", "prod": "333333333333"}

# What was said while each environment was being applied, as soon as that is done.
said: dict[str, Future[str]] = {}
_endpoint = ""


@contextmanager
def everywhere() -> Iterator[None]:
    """An emulator, to which Terraform applies all environments meanwhile."""
    global _endpoint
    emulator.stop(STATE_DIR)
    shutil.rmtree(STATE_DIR, ignore_errors=True)
    STATE_DIR.mkdir(parents=True)
    _endpoint = emulator.start(STATE_DIR, 0).endpoint
    try:
        # Side by side: most of the time the provider waits for lifecycle rules to stay as they are.
        with ThreadPoolExecutor() as pool:
            for name, account in ACCOUNTS.items():
                said[name] = pool.submit(_applied, name, account, *terraform.ROOTS)
            said["local"] = pool.submit(_applied, "local", emulator.ACCOUNT, "dispatch-data")
            yield
    finally:
        emulator.stop(STATE_DIR)


def _applied(environment: str, account: str, *roots: str) -> str:
    """Applies root modules in an environment, and plans them again: there must be no change."""
    client("s3", account).create_bucket(Bucket=f"milkrun-terraform-state-{account}")
    output = ""
    for root in roots:
        command = (sys.executable, "-m", "local.terraform")
        options = ("--environment", environment, "--root", root)
        output += run(*command, "apply", *options, given="yes\n", **variables(account))
        run(*command, "plan", "--unchanged", *options, **variables(account))
    return output


def variables(account: str) -> dict[str, str]:
    """The environment for programs that use the emulator as root of an account."""
    return emulator.environment(_endpoint) | {
        "AWS_ACCESS_KEY_ID": account,
        "MILKRUN_EMULATED": "true",
        "MILKRUN_DISPATCH_DATA": "terraform",
    }


def client(service: str, account: str) -> Any:
    """A service of the emulator, as root of an account."""
    return boto3.client(
        service,
        endpoint_url=_endpoint,
        region_name=emulator.REGION,
        aws_access_key_id=account,
        aws_secret_access_key="any",
    )


def run(*command: str, given: str = "", **environment: str) -> str:
    """Runs a command and returns its output; a failure shows it."""
    ended = subprocess.run(
        command,
        env=environment,
        input=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise AssertionError(f"{' '.join(command)} failed:\n{ended.stdout}")
    return ended.stdout
