"""`make template-changes`: what a commit changes in the templates of each environment, as Markdown.

Compares two directories of synthesized environments, the other commit's and this one's, so it
needs no account and no credentials: a pull request's code can do no harm by it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

from .console import Problem, run

# A comment of GitHub's has at most 65,536 characters; the rest is in the log.
LONGEST = 60_000
NOTHING = "There were no differences"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    options = parser.parse_args()
    print(report(options.before, options.after))


def report(before: Path, after: Path) -> str:
    """A section for each environment, folded where there is something in it."""
    sections = ["## What changes in the templates"]
    for environment in sorted(directory.name for directory in after.iterdir()):
        changes = list(changed_stacks(before / environment, after / environment))
        if changes:
            names = ", ".join(stack for stack, _ in changes)
            sections += [f"<details><summary>{environment}: {names}</summary>"]
            sections += [f"```\n{text}\n```" for _, text in changes]
            sections += ["</details>"]
        else:
            sections += [f"{environment}: nothing"]
    text = "\n\n".join(sections)
    if len(text) > LONGEST:
        # Cut in the middle of a fold, so close both.
        text = text[:LONGEST] + "\n```\n\n</details>\n\nCut here: the job's log has all of it."
    return text


def changed_stacks(before: Path, after: Path):
    """The stacks that differ, each with what differs in it."""
    old, new = templates(before), templates(after)
    for stack in sorted(old.keys() | new.keys()):
        if stack not in new:
            yield stack, "The stack is gone: delete it by hand, a deployment does not."
        elif stack not in old:
            with tempfile.NamedTemporaryFile("w", suffix=".json") as nothing:
                json.dump({}, nothing)
                nothing.flush()
                yield stack, difference(Path(nothing.name), after, stack)
        elif old[stack].read_bytes() != new[stack].read_bytes():
            yield stack, difference(old[stack], after, stack)


def templates(assembly: Path) -> dict[str, Path]:
    """The templates of an environment by their stacks' names."""
    suffix = ".template.json"
    return {path.name.removesuffix(suffix): path for path in assembly.glob(f"*{suffix}")}


def difference(before: Path, assembly: Path, stack: str) -> str:
    """What CDK's command line says of two templates."""
    command = ["node_modules/.bin/cdk", "diff", "--app", str(assembly), "--template", str(before)]
    command += ["--exclusively", stack, "--no-color"]
    environment = os.environ | {"NODE_NO_WARNINGS": "1"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise Problem(f"`{' '.join(command)}` failed:\n{result.stdout}{result.stderr}")
    return f"{result.stdout}{result.stderr}".strip()


if __name__ == "__main__":
    run(main)
