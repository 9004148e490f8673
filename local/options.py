"""Command line options that several of the local commands share."""

from __future__ import annotations

import argparse
from pathlib import Path

from .console import Problem

STATE_DIR = Path(".milkrun")


def add_state_dir(parser: argparse.ArgumentParser) -> None:
    """`--state-dir`: each emulator has one, so several can run beside each other."""
    parser.add_argument(
        "--state-dir",
        type=Path,
        default=STATE_DIR,
        help="where this emulator's process id, log and local.json are (default: %(default)s)",
    )


def port_number(text: str) -> int | None:
    """A port from the command line, 0 for any free one; an empty text leaves it open."""
    if not text:
        return None
    if text.isdecimal() and int(text) <= 65535:
        return int(text)
    raise Problem(f"`{text}` is not a port: give a number from 1 to 65535, or 0 for any free one")
