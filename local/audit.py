"""`make audit`: whether anything that milkrun depends on has a known vulnerability.

Asks the advisories of crates.io, npm and PyPI. Where one cannot be reached the audit has not been
made, and is red.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

from .console import Problem, run

# What each tool says where it does not reach its advisories, and what these are.
UNREACHABLE = {
    "failed to fetch advisory database": "the advisories of crates.io (RustSec, at github.com)",
    "audit endpoint returned an error": "npm's advisories (the registry's audit endpoint)",
    "could not be audited|Max retries exceeded|ConnectionError": "PyPI's advisories",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cargo-deny", required=True)
    parser.add_argument("--pip-audit", required=True)
    options = parser.parse_args()
    # Every version is pinned, so nothing has to be resolved or built.
    pip_audit = [options.pip_audit, "--strict", "--no-deps", "--disable-pip"]
    for file in sorted(Path("local").glob("requirements*.txt")):
        pip_audit += ["-r", str(file)]
    audits = {
        "cargo-deny": [options.cargo_deny, "--locked", "check"],
        "npm audit": ["npm", "audit"],
        "pip-audit": pip_audit,
    }
    red = [name for name, command in audits.items() if not green(name, command)]
    if red:
        raise Problem(f"the audit is red: {', '.join(red)}")


def green(name: str, command: list[str]) -> bool:
    """Runs one, and says in a line how it went; what it has found, in full."""
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if not ended.returncode:
        print(f"  ✓ {name}", flush=True)
        return True
    for said, what in UNREACHABLE.items():
        if re.search(said, ended.stdout):
            print(f"  ✗ {name}: {what} cannot be reached from here", flush=True)
            return False
    print(f"  ✗ {name}\n{ended.stdout}", file=sys.stderr, flush=True)
    return False


if __name__ == "__main__":
    run(main)
