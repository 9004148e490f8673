"""Has Python, Node and jq parse every text of a JSON text sequence (RFC 7464), each as strictly
as it can.

Usage: python -m local.strict_json FILE
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import jq

RECORD_SEPARATOR = "\x1e"
SHOWN_CHARACTERS = 300

# Reads the texts as a JSON array of texts, and answers the first that is no JSON.
NODE = """
const texts = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
for (const text of texts) {
  try {
    JSON.parse(text);
  } catch (error) {
    console.log(JSON.stringify([text, error.message]));
    break;
  }
}
"""


class NotStrictError(Exception):
    """A text that one of the parsers refuses."""

    def __init__(self, parser: str, text: str, problem: object) -> None:
        super().__init__(f"{parser} refuses an answer: {problem}: {text[:SHOWN_CHARACTERS]!r}")


def refuse(token: str) -> None:
    raise ValueError(f"{token} is not JSON")


def by_python(texts: list[str]) -> None:
    for text in texts:
        try:
            value = json.loads(text, parse_constant=refuse)
            # Python reads half a surrogate pair, but cannot write it as UTF-8.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        except ValueError as error:
            raise NotStrictError("Python", text, error) from None


def by_jq(texts: list[str]) -> None:
    program = jq.compile(".")
    for text in texts:
        try:
            values = program.input_text(text).all()
        except ValueError as error:
            raise NotStrictError("jq", text, error) from None
        if len(values) != 1:
            raise NotStrictError("jq", text, f"{len(values)} values")


def by_node(texts: list[str]) -> None:
    answer = subprocess.run(
        ["node", "--eval", NODE],
        input=json.dumps(texts),
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    if answer:
        raise NotStrictError("Node", *json.loads(answer))


def check(sequence: str) -> int:
    """How many texts there are; the error names the first that is refused."""
    texts = sequence.split(RECORD_SEPARATOR)[1:]
    for parse in (by_python, by_jq, by_node):
        parse(texts)
    return len(texts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    try:
        count = check(parser.parse_args().file.read_text("utf-8"))
    except NotStrictError as error:
        print(f"milkrun: {error}", file=sys.stderr)
        return 1
    if count == 0:
        print(
            "milkrun: the file has no answer: run the tests with MILKRUN_ANSWERS",
            file=sys.stderr,
        )
        return 1
    print(f"{count} answers, each of them JSON to Python, Node and jq")
    return 0


if __name__ == "__main__":
    sys.exit(main())
