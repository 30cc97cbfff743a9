"""The shell blocks of README, docs/ and examples/: where they are, and why one is not run."""

import re
from dataclasses import dataclass
from pathlib import Path

from steps.project.environment import PROJECT

PAGES = ("README.md", "CONTRIBUTING.md", "docs/*.md", "examples/**/*.md")
FENCE = re.compile(r"^```(?P<info>[^`\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
# A comment in the line above a block that no test can run.
MARK = re.compile(r"<!-- not run: (?P<why>[^\n]+) -->\n$")
SHELLS = ("bash", "shell", "sh", "console")
# What a test must not start: itself, and what takes a machine for hours.
LEFT_OUT = re.compile(r"^scripts/(test|check|bench|chaos|lock)\b.*\n?", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A shell block: its page, its first line there, its text, and why it is not run; empty if it is."""

    page: str
    line: int
    text: str
    why: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def run(self) -> str:
        """What a test runs of it; empty if nothing."""
        return "" if self.why else LEFT_OUT.sub("", self.text)


def of_page(path: Path) -> list[Block]:
    """The blocks of a page."""
    text = path.read_text()
    blocks = []
    for fence in FENCE.finditer(text):
        if fence["info"].split() and fence["info"].split()[0] in SHELLS:
            mark = MARK.search(text[: fence.start()])
            line = text[: fence.start()].count("\n") + 2
            blocks.append(Block(str(path.relative_to(PROJECT)), line, fence["text"], mark["why"] if mark else ""))
    return blocks


def everywhere() -> list[Block]:
    """The blocks of all pages."""
    return [block for pattern in PAGES for path in sorted(PROJECT.glob(pattern)) for block in of_page(path)]


def commands_elsewhere() -> list[str]:
    """The places of other blocks that hold a command: no test would see them."""
    places = []
    for path in sorted(path for pattern in PAGES for path in PROJECT.glob(pattern)):
        text = path.read_text()
        for fence in FENCE.finditer(text):
            if fence["info"].split()[:1] not in [[shell] for shell in SHELLS] and re.search(
                r"^(scripts/\w+ |mlflow run )", fence["text"], re.MULTILINE
            ):
                places.append(f"{path.relative_to(PROJECT)}:{text[: fence.start()].count(chr(10)) + 2}")
    return places
