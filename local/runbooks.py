"""Runs every command of docs/runbooks/ as it stands there, against a running local milkrun.

A command that fails, or a name that no stack has, is a fault of its page. Only what the emulator
cannot do is left out, and listed here.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from . import connection, emulator
from .console import Problem, run, step
from .options import add_state_dir

PAGES = Path("docs/runbooks")
# Uses the same lines.
OTHER_PAGES = [Path("docs/slo.md")]
# Lines of a list are indented as its text is.
BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)

# What the emulator lacks, by the command's first words.
LACKING = {
    "service-quotas list-service-quotas": "it has no Service Quotas",
    "deploy list-applications": "it has no CodeDeploy",
}

# Goes before a page's commands: notes each that fails, in functions and substitutions too, and goes
# on. CloudFormation's answers are kept for all pages: none changes, and each takes half a second.
HARNESS = r"""
set -o errtrace -o pipefail
fault() { printf '%s\n' "$1" >> "$FAULTS"; }
failed() {
  # The tool's way of saying that something needs attention.
  case "$1 $2" in "3 milkrun "*) ;; *) fault "exit code $1: $2" ;; esac
}
trap 'failed $? "$BASH_COMMAND"' ERR
aws() {
  local name answer kept=/dev/null
  for name in "${LACKING[@]}"; do
    if [ "$1 $2" = "$name" ]; then echo "$name" >> "$LEFT_OUT"; return; fi
  done
  if [ "$1" = cloudformation ]; then kept=$KEPT/$(cksum <<< "$*" | tr ' ' -); fi
  if [ -s "$kept" ]; then cat "$kept"; return; fi
  # Said again because version 1 does not take it from the environment for SQS.
  if ! answer=$(command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"); then
    fault "failed: aws $*"
    return
  fi
  case "$1 $answer" in
    "cloudformation None" | "cloudformation ") fault "no such name: aws $*" ;;
  esac
  printf '%s\n' "$answer" | tee "$kept"
}
"""
# What an operator types where a command asks for it: a secret of either kind.
TYPED = "whsec_bWlsa3J1bi1ydW5ib29rcy1zZWNyZXQ=\n"


@dataclass
class Result:
    """What became of a page's commands."""

    faults: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--path", action="append", default=[], help="where aws and milkrun are")
    add_state_dir(parser)
    options = parser.parse_args()
    running = emulator.find(options.state_dir)
    if not running:
        raise Problem(f"no milkrun of {options.state_dir} is running: run `make up` first")
    tools = [str(Path(each).resolve()) for each in options.path]
    settings = emulator.environment(running.endpoint) | {
        "PATH": os.pathsep.join([*tools, os.environ["PATH"]]),
        "MILKRUN_LOCAL": str(connection.local_file(options.state_dir).resolve()),
    }
    pages = {page: blocks(page) for page in [*sorted(PAGES.glob("*.md")), *OTHER_PAGES]}
    # The lines that an operator pastes first, for the environment that is there.
    preamble = pages[PAGES / "README.md"].pop(0).replace("ENV=prod", "ENV=local")
    with (
        step("runbooks") as current,
        tempfile.TemporaryDirectory(prefix="milkrun-runbooks-") as kept,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        settings["KEPT"] = kept
        results = list(pool.map(lambda page: execute(page, preamble, pages[page], settings), pages))
        current.note = f"{sum(map(len, pages.values()))} blocks of commands on {len(pages)} pages"
    left_out = {command for result in results for command in result.left_out}
    for command in sorted(left_out):
        print(f"    left out: aws {command}: {LACKING[command]}")
    faults = [fault for result in results for fault in result.faults]
    faults += [f"no page uses what is lacking: {command}" for command in LACKING.keys() - left_out]
    if faults:
        raise Problem("\n".join(["not every command of the runbooks works:", *faults]))


def blocks(page: Path) -> list[str]:
    """The page's commands, without the indentation of a list."""
    found = BLOCK.findall(page.read_text())
    return [re.sub(f"^{indent}", "", code, flags=re.MULTILINE) for indent, code in found]


def execute(page: Path, preamble: str, commands: list[str], settings: dict[str, str]) -> Result:
    """Runs a page's commands one after the other, in one shell and a directory of its own."""
    with tempfile.TemporaryDirectory(prefix="milkrun-runbook-") as directory:
        faults, left_out = Path(directory, ".faults"), Path(directory, ".left-out")
        lacking = "LACKING=(" + " ".join(f'"{command}"' for command in LACKING) + ")"
        done = subprocess.run(
            ["bash", "-c", "\n".join([lacking, HARNESS, preamble, *commands])],
            cwd=directory,
            env=settings | {"FAULTS": str(faults), "LEFT_OUT": str(left_out)},
            input=TYPED,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        result = Result(_lines(faults), _lines(left_out))
    # A shell that cannot read the commands runs none of them.
    if "syntax error" in done.stderr:
        result.faults.append("the commands are no shell script")
    result.faults = [f"{page}: {fault}" for fault in result.faults]
    if result.faults:
        result.faults += [f"    {line}" for line in done.stderr.splitlines() if line.strip()]
    return result


def _lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


if __name__ == "__main__":
    run(main)
