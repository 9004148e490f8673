"""`make terraform-init`, `terraform-plan` and `terraform-apply`: Terraform in `infra/`.

One environment at a time: its data come from `environments/`, its state is in its account, and its
workspace has its name.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path

from .console import Problem, run

ROOTS = ("deploy-roles", "dispatch-data")
# Providers, variables and which state: nothing that is to be kept.
WORK = Path("target/terraform")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("init", "plan", "apply"))
    parser.add_argument("--environment", required=True)
    parser.add_argument("--root", default="", help="default: what the environment has in Terraform")
    parser.add_argument("--unchanged", action="store_true", help="fail where a plan has changes")
    options = parser.parse_args()
    environment = Environment(options.environment)
    for root in options.root.split() or environment.roots:
        if root not in ROOTS:
            raise Problem(f"infra/ has no {root}: ROOT is {' or '.join(ROOTS)}")
        print(f"infra/{root}, {options.environment}:", flush=True)
        environment.init(root)
        if options.action == "plan":
            environment.plan(root, unchanged=options.unchanged)
        elif options.action == "apply":
            environment.apply(root)


class Environment:
    """An environment's data as Terraform takes them, and Terraform itself there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._work = (WORK / name).resolve()
        self._work.mkdir(parents=True, exist_ok=True)
        written = subprocess.run(
            ["node", "--import", "tsx", "cdk/bin/terraform-variables.ts"],
            env=os.environ | {"MILKRUN_ENVIRONMENT": name},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if written.returncode:
            raise Problem("the environment's data are not usable, for the reason above")
        self._variables = self._work / "variables.tfvars.json"
        self._variables.write_text(written.stdout)
        data = json.loads(written.stdout)["environment"]
        self.account: str = data["account"]
        self.region: str = data["region"]
        from_terraform = data["dispatch_data"] == "terraform"
        self.roots = ROOTS if from_terraform else ("deploy-roles",)

    @property
    def state_bucket(self) -> str:
        """Where its state is kept."""
        return f"milkrun-terraform-state-{self.account}"

    def init(self, root: str) -> None:
        """Gets the provider, connects to the state and selects the workspace."""
        bucket = f"-backend-config=bucket={self.state_bucket}"
        region = f"-backend-config=region={self.region}"
        self._run(root, *initialize(bucket, region))
        self._run(root, "workspace", "select", "-or-create", self.name)

    def plan(self, root: str, *, unchanged: bool = False) -> None:
        """Shows what an apply would change."""
        # Without a lock: it only reads.
        options = ["-lock=false", *(["-detailed-exitcode"] if unchanged else [])]
        self._run(root, "plan", "-input=false", self._given, *options)

    def apply(self, root: str) -> None:
        """Changes what a plan shows; in prod Terraform asks first."""
        unasked = [] if self.name == "prod" else ["-input=false", "-auto-approve"]
        self._run(root, "apply", self._given, *unasked)

    @property
    def _given(self) -> str:
        return f"-var-file={self._variables}"

    def _run(self, root: str, *arguments: str) -> None:
        try:
            # A directory for each environment: which one was used last decides nothing.
            ended = terraform(root, self._work / root, *arguments)
        except FileNotFoundError:
            raise Problem("terraform is missing: install Terraform 1.11 or newer") from None
        if ended.returncode:
            raise Problem(
                f"`terraform {arguments[0]}` of infra/{root} failed, for the reason above"
            )


def initialize(*backend: str) -> list[str]:
    """The command that gets the pinned provider, from the registry or from TF_PLUGIN_DIR."""
    plugins = os.environ.get("TF_PLUGIN_DIR")
    source = [f"-plugin-dir={plugins}"] if plugins else []
    return ["init", "-input=false", "-lockfile=readonly", *backend, *source]


def terraform(
    root: str, data: Path, *arguments: str, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    """Runs Terraform in a root module, with what it installs and remembers in `data`."""
    return subprocess.run(
        ["terraform", f"-chdir=infra/{root}", *arguments],
        env=os.environ | {"TF_DATA_DIR": str(data.resolve()), "TF_IN_AUTOMATION": "true"},
        capture_output=capture,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    run(main)
