"""The fenced code blocks of README.md and of the pages in docs."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT

PAGES = [
    ROOT / "README.md",
    *(path for path in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in path.parts),
]
_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,}|~{3,}|:{3,})(?P<language>[^\n`]*)\n"
    r"(?P<text>.*?)^(?P=indent)(?P=fence) *$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        page: where it is.
        line: of its first line of code, from 1.
        language: what stands behind the fence.
        text: what is in it, without the indent of the fence.
    """

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def commands(self) -> list[str]:
        """Its lines as a shell takes them: joined where they go on, without empty ones and comments."""
        lines = self.text.replace("\\\n", " ").splitlines()
        return [
            line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")
        ]


def blocks_of(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    text = page.read_text()
    return [
        Block(
            page,
            text.count("\n", 0, found.start("text")) + 1,
            found["language"].strip(),
            re.sub(f"^{found['indent']}", "", found["text"], flags=re.MULTILINE),
        )
        for found in _FENCE.finditer(text)
    ]


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
