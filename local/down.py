"""`make down`: stops the emulator of a state directory, and nothing else."""

from __future__ import annotations

import argparse

from . import emulator
from .connection import local_file
from .console import run
from .options import add_state_dir


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_state_dir(parser)
    state_dir = parser.parse_args().state_dir
    # First, so that nobody reads addresses that are about to stop answering.
    local_file(state_dir).unlink(missing_ok=True)
    stopped = emulator.stop(state_dir)
    print("milkrun is down" if stopped else "milkrun was not up")


if __name__ == "__main__":
    run(main)
