"""`make test`: runs make targets one after the other, and sums up at the end.

Stops at the first red one: a later stage's failure would only hide it.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time

from .console import duration, run

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# How the test runners sum up: cargo's, vitest (a line of its own for files), unittest (two lines).
CARGO = re.compile(r"test result: \w+\. (\d+) passed; (\d+) failed")
VITEST = re.compile(r"\s+Tests\s+(?:(\d+) failed[ |]*)?(?:(\d+) passed)?")
UNITTEST_ALL = re.compile(r"Ran (\d+) tests? in ")
UNITTEST_FAILED = re.compile(r"FAILED \((?:failures=(\d+))?(?:, )?(?:errors=(\d+))?")


class Tally:
    """How many single tests the stages' test runners said they ran."""

    passed = 0
    failed = 0

    def count(self, line: str) -> None:
        """Takes note of a line of output, if it sums up a run of tests."""
        text = COLOUR.sub("", line)
        if found := CARGO.match(text):
            self._add(passed=found[1], failed=found[2])
        elif found := VITEST.match(text):
            self._add(passed=found[2], failed=found[1])
        elif found := UNITTEST_ALL.match(text):
            self._add(passed=found[1], failed=None)
        elif found := UNITTEST_FAILED.match(text):
            failed = int(found[1] or 0) + int(found[2] or 0)
            self._add(passed=-failed, failed=failed)

    def _add(self, passed: str | int | None, failed: str | int | None) -> None:
        self.passed += int(passed or 0)
        self.failed += int(failed or 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stages", nargs="+", help="make targets")
    stages = parser.parse_args().stages
    tally = Tally()
    ended: list[tuple[str, str, float]] = []
    for number, stage in enumerate(stages, 1):
        print(f"\n=== {stage} ({number} of {len(stages)}) ===", flush=True)
        started = time.monotonic()
        green = run_stage(stage, tally)
        ended.append((stage, "green" if green else "RED", time.monotonic() - started))
        if not green:
            break
    print(summary(stages, ended, tally))
    if len(ended) < len(stages) or ended[-1][1] == "RED":
        sys.exit(1)


def run_stage(stage: str, tally: Tally) -> bool:
    """Runs one target, passing its output through and counting its tests. Whether it was green."""
    environment = os.environ.copy()
    if sys.stdout.isatty():
        # Its output goes through here, so it would not see the terminal and drop its colours.
        environment |= {"CARGO_TERM_COLOR": "always", "FORCE_COLOR": "1"}
    process = subprocess.Popen(
        ["make", "--no-print-directory", stage],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout
    try:
        for line in process.stdout:
            print(line, end="", flush=True)
            tally.count(line)
        return process.wait() == 0
    except BaseException:
        # The stage cleans up after itself (test-e2e stops its emulator): give it the time.
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise


def summary(stages: list[str], ended: list[tuple[str, str, float]], tally: Tally) -> str:
    """The table that closes the run."""
    width = max(len(stage) for stage in stages)
    lines = ["", f"{'stage':<{width}}  result        time"]
    lines += [f"{stage:<{width}}  {result:<8}{duration(took):>10}" for stage, result, took in ended]
    lines += [f"{stage:<{width}}  not run" for stage in stages[len(ended) :]]
    total = sum(took for _, _, took in ended)
    lines += [f"{'total':<{width}}  {'':<8}{duration(total):>10}", ""]
    failed = tally.failed
    if ended[-1][1] == "RED":
        lines.append(f"{ended[-1][0]} is red; run it again with: make {ended[-1][0]}")
        # A lint or a build that fails is a failure too, although no test ran.
        failed = max(failed, 1)
    lines.append(f"{tally.passed} passed, {failed} failed")
    return "\n".join(lines)


if __name__ == "__main__":
    run(main)
