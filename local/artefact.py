"""The artefact: what `make artefact` builds once and every environment is deployed from.

    functions/<name>.zip     what Lambda gets, byte for byte: its SHA-256 is Lambda's CodeSha256
    assemblies/<env>/        dev, test and prod, synthesized with these functions
    milkrun                  the command, for the smoke test
    version                  what the health route reports
    SHA256SUMS               of all of these; its own SHA-256 is the artefact's digest

`pack` zips the functions, `seal` writes SHA256SUMS and prints the digest, `verify` compares.
Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
from pathlib import Path

from .console import Problem, run

SUMS = "SHA256SUMS"
# The earliest time that a zip can hold: the same function gives the same bytes at any time.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    packing = commands.add_parser("pack")
    packing.add_argument("functions", type=Path, help="holds <name>/bootstrap for each function")
    packing.add_argument("artefact", type=Path)
    packing.set_defaults(run=lambda options: pack(options.functions, options.artefact))
    sealing = commands.add_parser("seal")
    sealing.add_argument("artefact", type=Path)
    sealing.set_defaults(run=lambda options: print(seal(options.artefact)))
    verifying = commands.add_parser("verify")
    verifying.add_argument("artefact", type=Path)
    verifying.add_argument("--digest", default="", help="which artefact it has to be")
    verifying.set_defaults(run=lambda options: print(verify(options.artefact, options.digest)))
    options = parser.parse_args()
    options.run(options)


def pack(functions: Path, artefact: Path) -> None:
    """Zips each function, with nothing in the zip that depends on when or where."""
    target = artefact / "functions"
    target.mkdir(parents=True)
    for bootstrap in sorted(functions.glob("*/bootstrap")):
        entry = zipfile.ZipInfo("bootstrap", _EPOCH)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.create_system = 3  # Unix, so that the mode counts
        entry.external_attr = 0o100755 << 16
        with zipfile.ZipFile(target / f"{bootstrap.parent.name}.zip", "w") as package:
            package.writestr(entry, bootstrap.read_bytes())


def seal(artefact: Path) -> str:
    """Writes the checksums of everything in the artefact; returns its digest."""
    names = sorted(_names(artefact) - {SUMS})
    lines = [f"{_sha256(artefact / name)}  {name}\n" for name in names]
    (artefact / SUMS).write_text("".join(lines))
    return _sha256(artefact / SUMS)


def verify(artefact: Path, digest: str = "") -> str:
    """Raises a problem where anything differs from what was sealed; returns the digest."""
    sums = artefact / SUMS
    if not sums.is_file():
        raise Problem(f"{artefact} is not an artefact: it has no {SUMS}; `make artefact` makes one")
    found = _sha256(sums)
    if digest and found != digest:
        raise Problem(f"{artefact} is another artefact: its digest is {found}, not {digest}")
    sealed = {}
    for line in sums.read_text().splitlines():
        checksum, _, name = line.partition("  ")
        sealed[name] = checksum
    present = _names(artefact) - {SUMS}
    faults = [f"{name} is missing" for name in sorted(sealed.keys() - present)]
    faults += [f"{name} does not belong to it" for name in sorted(present - sealed.keys())]
    faults += [
        f"{name} has changed"
        for name in sorted(present & sealed.keys())
        if _sha256(artefact / name) != sealed[name]
    ]
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise Problem(f"{artefact} is not as it was built: {faults[0]}{more}; nothing is deployed")
    return found


def _names(artefact: Path) -> set[str]:
    files = (path for path in artefact.rglob("*") if not path.is_dir())
    return {file.relative_to(artefact).as_posix() for file in files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


if __name__ == "__main__":
    run(main)
