"""Synthesizes the CDK app, environment `local`, and deploys it to a running emulator."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

from . import emulator
from .aws import Clients
from .connection import Outputs
from .console import Problem, last_lines

# Where CDK's command line puts templates and function packages. On AWS `cdk bootstrap` creates it.
ASSET_BUCKET = f"cdk-hnb659fds-assets-{emulator.ACCOUNT}-{emulator.REGION}"

# The line that tells most, first: a resource's failure, CDK's own errors, any exception of the app.
_SIGNS = [re.compile(sign) for sign in (r" \w+_FAILED ", r"^‣ ", r"^«\w+» ", r"^\w*Error: ")]


def synthesize(functions: Path, state_dir: Path) -> None:
    """Writes the templates and the function packages to `cdk.out` of the state directory."""
    # Function packages of earlier builds would pile up in it.
    shutil.rmtree(_assembly(state_dir), ignore_errors=True)
    log = state_dir / "synth.log"
    # CDK's command line would run the same, and take half a second longer.
    command = ["node", "--import", "tsx", "cdk/bin/milkrun.ts"]
    settings = {
        "MILKRUN_ENVIRONMENT": "local",
        "MILKRUN_FUNCTIONS_DIR": str(functions.resolve()),
        "CDK_OUTDIR": str(_assembly(state_dir)),
    }
    if not _succeeds(command, emulator.environment() | settings, log):
        raise Problem(f"the CDK app failed: {_reason(log)} (all of it: {log})")


def deploy(
    clients: Clients, running: emulator.Running | emulator.Elsewhere, state_dir: Path
) -> Outputs:
    """Creates or updates all synthesized stacks; returns their outputs, by stack."""
    clients("s3").create_bucket(Bucket=ASSET_BUCKET)
    log = state_dir / "deploy.log"
    outputs = state_dir / "outputs.json"
    command = [
        "node_modules/.bin/cdk",
        "deploy",
        "--all",
        *("--app", str(_assembly(state_dir))),
        *("--outputs-file", str(outputs)),
        # Without change sets: half the requests, and nothing here needs a preview.
        *("--method", "direct"),
        *("--concurrency", "4"),
        *("--require-approval", "never"),
        *("--progress", "events"),
        "--no-color",
        "--no-notices",
    ]
    settings = {"CDK_DISABLE_CLI_TELEMETRY": "true", "CDK_DISABLE_VERSION_CHECK": "true"}
    if not _succeeds(command, emulator.environment(running.endpoint) | settings, log):
        if not running.lives(state_dir):
            raise emulator.died(state_dir)
        raise Problem(f"the deployment failed: {_reason(log)} (all of it: {log})")
    return json.loads(outputs.read_text())


def _succeeds(command: list[str], environment: dict[str, str], log: Path) -> bool:
    with log.open("w") as output:
        result = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return result.returncode == 0


def _reason(log: Path) -> str:
    """What in an output says why it failed, in a line; the rest of it is context."""
    lines = last_lines(log, 1000).splitlines()
    for sign in _SIGNS:
        for line in lines:
            if sign.search(line):
                # Of a row of CDK's table of resources, its last cell: which one, and why.
                return line.rpartition(" | ")[2].strip(" ‣")
    return lines[-1].strip() if lines else "it wrote nothing"


def _assembly(state_dir: Path) -> Path:
    return state_dir / "cdk.out"
