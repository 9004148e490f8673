"""Every relative link in the Markdown files leads to a file, and to a heading of it.

Code of our own: remark-validate-links, which does the same, brings 190 packages.
"""

import re
import subprocess
import tempfile
import unittest
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parents[2]
FENCED = re.compile(r"^( *)(`{3,}).*?^\1\2`*\s*$", re.MULTILINE | re.DOTALL)
# Code spans with one backquote: what is in them is neither a link nor, in a heading, a mark-up.
SPAN = re.compile(r"`[^`\n]*`")
LINK = re.compile(
    r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|^ {0,3}\[[^\]]+\]:\s+(\S+)", re.MULTILINE
)
HEADING = re.compile(r"^#{1,6} +(.*?)(?: +#+)?$", re.MULTILINE)
ELSEWHERE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def pages(root: Path) -> list[Path]:
    """The Markdown files that are, or are about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return [root / name for name in listed.stdout.split("\0") if name and (root / name).exists()]


def anchors(markdown: str) -> set[str]:
    """What GitHub calls a page's headings: https://github.com/Flet/github-slugger."""
    found: set[str] = set()
    for heading in HEADING.findall(FENCED.sub("", markdown)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        number, numbered = 0, slug
        while numbered in found:
            number += 1
            numbered = f"{slug}-{number}"
        found.add(numbered)
    return found


def broken(root: Path) -> list[str]:
    faults = []
    for page in pages(root):
        markdown = SPAN.sub("", FENCED.sub("", page.read_text("utf-8")))
        for inline, reference in LINK.findall(markdown):
            link = inline or reference
            if ELSEWHERE.match(link):
                continue
            path, _, anchor = unquote(link).partition("#")
            target = (page.parent / path).resolve() if path else page
            where = f"{page.relative_to(root)}: {link}"
            if not target.exists():
                faults.append(f"{where}: there is no such file")
            elif root not in target.parents and target != root:
                faults.append(f"{where}: that is outside the repository")
            elif anchor and (
                target.suffix != ".md" or anchor not in anchors(target.read_text("utf-8"))
            ):
                faults.append(f"{where}: there is no such heading")
    return faults


class Links(unittest.TestCase):
    def test_relative_links_lead_somewhere(self) -> None:
        self.assertGreater(len(pages(ROOT)), 50)
        self.assertEqual(broken(ROOT), [])

    def test_what_is_broken_is_found(self) -> None:
        page = """# A page
[file](missing.md) [heading](#nowhere) [other](other.md#what-it-does-1) [out](../x.md)
[ok](#a-page) [ok](other.md#what-it-does) [ok](https://example.com/#x) `[code](missing.md)`
[reference]: gone.md

```md
[fenced](missing.md)
```
"""
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory).resolve() / "repository"
            root.mkdir()
            (root.parent / "x.md").write_text("")
            subprocess.run(["git", "init", "--quiet"], cwd=root, check=True)
            (root / "page.md").write_text(page)
            (root / "other.md").write_text("# Other\n\n## What `it` does\n")
            self.assertEqual(
                [fault.split(": ")[1] for fault in broken(root)],
                ["missing.md", "#nowhere", "other.md#what-it-does-1", "../x.md", "gone.md"],
            )
