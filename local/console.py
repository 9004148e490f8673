"""How the local commands talk: one line per step with its duration, one line per failure."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Problem(Exception):
    """A failure the developer can act on. Its text says what is wrong and what to do about it."""


class Step:
    """One step in progress. `note` is what its line says once it is done."""

    note = ""

    def __init__(self, title: str, live: bool) -> None:
        self.title = title
        self.live = live

    def progress(self, text: str) -> None:
        """Says on a terminal how far it is."""
        if self.live:
            print(f"\r\033[K  … {self.title:<12} {text}", end="", flush=True)


def duration(seconds: float) -> str:
    """`0.4 s`, `37.2 s`, `4 min 05 s`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Announces a step on a terminal, and prints its line with the duration when it has ended."""
    live = sys.stdout.isatty()
    if live:
        print(f"  … {title}", end="", flush=True)
    current = Step(title, live)
    started = time.monotonic()
    mark = "✗"
    try:
        yield current
        mark = "✓"
    finally:
        took = duration(time.monotonic() - started)
        line = f"  {mark} {title:<12} {took:>12}  {current.note}".rstrip()
        print(f"\r\033[K{line}" if live else line, flush=True)


def last_lines(path: Path, count: int) -> str:
    """The end of a log that is worth showing, or nothing when there is none."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(line for line in lines[-count:] if line.strip())


def run(command: Callable[[], None]) -> None:
    """Runs a command and ends the process: a problem becomes one line, never a traceback."""
    # Without this a `kill` would end the process before it has cleaned up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A console that cannot print the marks must not end a run that went well.
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    try:
        command()
    except Problem as problem:
        sys.exit(f"milkrun: {problem}")
    except KeyboardInterrupt:
        print("\nmilkrun: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read the output (`| head`) has seen enough; Python would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.errno == errno.ENOSPC:
            sys.exit("milkrun: the disk is full: free some space, then run the command again")
        sys.exit(f"milkrun: {error}")
