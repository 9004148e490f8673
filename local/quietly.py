"""Runs a command with its output in a log: one line when it has ended, all of it where it failed.

For installers, whose output would bury the build's that runs beside them.
"""

from __future__ import annotations

import subprocess
import sys
import time

from .console import Problem, duration, run
from .options import STATE_DIR


def main() -> None:
    name, separator, *command = sys.argv[1:]
    assert separator == "--", "usage: quietly NAME -- COMMAND…"
    log = STATE_DIR / "install" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with log.open("w") as output:
        result = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, check=False
        )
    if result.returncode:
        print(log.read_text(errors="replace"), file=sys.stderr)
        raise Problem(f"`{' '.join(command)}` failed, for the reason above")
    print(f"  ✓ {name:<12} {duration(time.monotonic() - started):>12}", flush=True)


if __name__ == "__main__":
    run(main)
