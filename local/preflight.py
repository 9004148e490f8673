"""Checks what `make` needs before it spends minutes: tools, disk space, the emulator's port.

Runs before anything is installed: standard library only.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from pathlib import Path

from . import emulator
from .console import Problem, run
from .options import add_state_dir, port_number

NODE = (20, 19)
# A build from nothing writes about 2 GB; after it only what has changed.
FIRST_BUILD_GB = 3.0
LATER_BUILD_GB = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", help="check as well that the emulator can have this port")
    parser.add_argument("--endpoint", default="", help="the emulator is there: it needs no port")
    add_state_dir(parser)
    options = parser.parse_args()
    problems = [*missing_tools(), *full_disk(Path.cwd())]
    if problems:
        raise Problem("; ".join(problems))
    if options.port is not None:
        check_emulator(options.state_dir, port_number(options.port), options.endpoint)


def missing_tools() -> list[str]:
    """What is missing or too old, each with what to install."""
    problems = []
    if not shutil.which("cargo"):
        problems.append("cargo is missing: install Rust with rustup (https://rustup.rs)")
    if not shutil.which("cc"):
        problems.append("a C compiler is missing: install gcc or clang (on Debian build-essential)")
    if not shutil.which("npm"):
        problems.append(f"node and npm are missing: install Node.js {NODE[0]} (https://nodejs.org)")
    else:
        found = _version(["node", "--version"])
        if found < NODE:
            problems.append(
                f"Node.js {_text(found)} is too old: install Node.js {_text(NODE)} or newer"
            )
    return problems


def full_disk(directory: Path) -> list[str]:
    """Whether the disk has room for a build."""
    built = (directory / "target" / "functions").exists()
    needed = LATER_BUILD_GB if built else FIRST_BUILD_GB
    free = shutil.disk_usage(directory).free / 1e9
    if free >= needed:
        return []
    return [
        f"the disk of {directory} has {free:.1f} GB left and a build needs {needed:.1f} GB: "
        "free some space (`make clean` removes what earlier builds left)"
    ]


def check_emulator(state_dir: Path, port: int | None, endpoint: str = "") -> None:
    """Whether `make up` will get its port, or already has it; or uses an emulator elsewhere."""
    running = emulator.find(state_dir)
    if endpoint:
        if running:
            raise Problem(
                f"milkrun is already up on port {running.port}: "
                f"run `make down` first to use the emulator at {endpoint}"
            )
        if not emulator.answers(endpoint):
            raise Problem(f"no emulator answers at {endpoint}: start it, e.g. `docker compose up`")
    elif running is None:
        if port != 0:
            emulator.check_port(port or emulator.DEFAULT_PORT)
    elif port not in (None, 0, running.port):
        raise Problem(
            f"milkrun is already up on port {running.port}: "
            "run `make down` first to move it to another port"
        )


def _version(command: list[str]) -> tuple[int, ...]:
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return (0,)
    return tuple(int(part) for part in re.findall(r"\d+", output)[:2])


def _text(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


if __name__ == "__main__":
    run(main)
