"""Whether the dependencies come under licences that we accept; `--list` prints them.

What is shipped is Rust, and deny.toml says which licences it may have. npm's packages deploy, check
and document, and nothing of them is shipped: they may have some more.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from license_expression import LicenseSymbol, LicenseWithExceptionSymbol, Licensing

from .console import Problem, run

OF_TOOLS = {"Artistic-2.0", "BSD-2-Clause", "CC-BY-3.0", "CC0-1.0", "Python-2.0", "WTFPL"}
# Packages that do not name theirs, or not by its SPDX identifier: what their LICENSE files say.
BY_FILE = {"decko": "MIT", "stickyfill": "MIT", "url-template": "BSD-3-Clause"}

_spdx = Licensing()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    shipped = set(tomllib.loads(Path("deny.toml").read_text())["licenses"]["allow"])
    found: dict[str, list[str]] = defaultdict(list)
    refused = []
    for packages, allowed in ((crates(), shipped), (npm_packages(), shipped | OF_TOOLS)):
        for name, licence in packages:
            found[licence].append(name)
            if not accepts(licence, allowed):
                refused.append(f"{name} ({licence or 'none'})")
    if refused:
        raise Problem(f"licences that deny.toml does not accept: {', '.join(sorted(refused))}")
    if options.list:
        for licence, names in sorted(found.items()):
            print(f"{licence}\n  {', '.join(sorted(names))}")
    print(f"{sum(map(len, found.values()))} packages under {len(found)} licences, all accepted")


def accepts(expression: str, allowed: set[str]) -> bool:
    """Whether somebody who accepts some licences may use what comes under an SPDX expression."""
    # Older crates write a slash for «or».
    parsed = _spdx.parse(expression.replace("/", " OR ")) if expression else None
    if parsed is None:
        return False
    return _fulfilled(parsed, allowed)


def _fulfilled(parsed: object, allowed: set[str]) -> bool:
    if isinstance(parsed, LicenseSymbol | LicenseWithExceptionSymbol):
        return str(parsed) in allowed
    fulfilled = [_fulfilled(part, allowed) for part in parsed.args]
    return any(fulfilled) if parsed.operator == " OR " else all(fulfilled)


def crates() -> Iterator[tuple[str, str]]:
    """The crates that are compiled, each with its licence."""
    command = ["cargo", "tree", "--locked", "--workspace", "--edges", "normal,build"]
    platform = ["--target", "aarch64-unknown-linux-gnu"]
    listed = ["--prefix", "none", "--format", "{p}|{l}"]
    ended = subprocess.run(
        [*command, *platform, *listed], stdout=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode:
        raise Problem("cargo does not tell the dependencies, for the reason above")
    # A star marks what was listed before; our own have a path.
    lines = {line.removesuffix(" (*)") for line in ended.stdout.splitlines() if line}
    for line in sorted(lines):
        package, _, licence = line.partition("|")
        if "(/" not in package:
            yield package, licence


def npm_packages() -> Iterator[tuple[str, str]]:
    """The packages of npm, each with its licence."""
    for path, package in json.loads(Path("package-lock.json").read_text())["packages"].items():
        name = path.rpartition("node_modules/")[2]
        if name:
            licence = BY_FILE.get(name) or package.get("license", "")
            yield f"{name} {package['version']}", licence


if __name__ == "__main__":
    run(main)
