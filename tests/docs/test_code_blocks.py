"""Every code block of README.md and docs runs: on stand-ins, and as quickly as can be.

Python: the blocks of a page share their names and run in order. Shell: each command of samprof is
parsed as it stands, and run as `tests/docs/commands.py` says; the same one on several pages only once.
"""

import gc
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from samprof.cli.main import COMMANDS, main
from samprof.errors import UsageError
from samprof.sam.model import build as models
from tests.docs import stand_ins
from tests.docs.blocks import BLOCKS, PAGES, Block
from tests.docs.commands import SERVERS, command_in, extras
from tests.support.paths import ROOT

NO_CODE = "text"
DRAWS_PAGES = ("matplotlib", "jinja2")
"""Commands that measure run as without the extra `report`: drawing takes longer than all the rest. The
pages of `samprof report` are drawn."""


def runs(block: Block) -> bool:
    """Directives, in braces, are Sphinx's business."""
    return block.language != NO_CODE and not block.language.startswith("{")


class Workplace:
    """The folder that all blocks run in, and what has run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sam = stand_ins.tiny_sam()
        self.done: set[tuple[str, ...]] = set()
        self.pages: dict[Path, tuple[dict[str, Any], list[Block]]] = {}

    def names_after(self, block: Block) -> dict[str, Any]:
        """The names of the page's Python after this block; what stands before it has run as well."""
        if block.page not in self.pages:
            python = [one for one in BLOCKS if one.page == block.page and one.language == "python"]
            names = stand_ins.names_for_python(self.sam)
            if any("hugging_face_sam" in one.text for one in python):
                names["hugging_face_sam"] = stand_ins.tiny_hugging_face_sam()
            self.pages[block.page] = names, python
        names, waiting = self.pages[block.page]
        while block in waiting:  # also where a test before this one was left out
            one = waiting.pop(0)
            code = "\n" * (one.line - 1) + one.text
            exec(compile(code, str(one.page), "exec"), names)
        return names


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    workplace = Workplace(tmp_path_factory.mktemp("docs"))
    gc.freeze()
    stand_ins.prepare(workplace.folder, workplace.sam)
    return workplace


@pytest.fixture
def workplace(prepared: Workplace, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.chdir(prepared.folder)
    monkeypatch.syspath_prepend(prepared.folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(prepared.folder / "cache"))
    monkeypatch.setattr(models, "_build_small", stand_ins.tiny_sam)
    stand_ins.keep_some_peaks()
    gc.freeze()  # pages import more than any other tests: see tests/conftest.py
    return prepared


@pytest.mark.parametrize("block", list(filter(runs, BLOCKS)), ids=str)
def test_the_block_runs(
    block: Block, workplace: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    if block.language == "python":
        workplace.names_after(block)
        return
    assert block.language == "bash", f"{block}: nothing runs {block.language or 'no language'}"
    for line in block.commands:
        command = command_in(line)
        if command is None or command.quick in workplace.done:
            continue
        if command.name in SERVERS:
            assert Path(command.options.path).exists(), line
            continue
        out: tuple[str, ...] = ()
        with monkeypatch.context() as without:
            if command.measures:
                for package in DRAWS_PAGES:
                    without.setitem(sys.modules, package, None)
                out = ("--out", f"measured/{len(workplace.done)}")
            assert main([*command.quick, *out]) == 0, line
        workplace.done.add(command.quick)


@pytest.mark.parametrize(
    "line",
    [
        "curl example.org",
        "make nothing",
        'pip install -e ".[nothing]"',
        "pip install nothing",
        "python -m bench.nothing",
        "python examples/nothing.py",
        "samprof dance",
    ],
)
def test_a_line_that_no_rule_covers_is_an_error(line: str) -> None:
    with pytest.raises(AssertionError):
        command_in(line)


def test_an_option_that_samprof_has_not_is_an_error() -> None:
    with pytest.raises(UsageError, match="--nothing"):
        command_in("samprof layers trace.json --nothing")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_block_is_overlooked(page: Path) -> None:
    fences = re.findall(r"^ *(?:```|~~~|:::)", page.read_text(), re.MULTILINE)
    assert len(fences) == 2 * sum(block.page == page for block in BLOCKS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_text_exist(page: Path) -> None:
    assert set(re.findall(r"`samprof ([a-z]+)", page.read_text())) <= set(COMMANDS)


def test_the_readme_names_every_extra() -> None:
    (readme, *_) = PAGES
    (sentence,) = (part for part in readme.read_text().split("\n\n") if "Extras: " in part)
    assert not [name for name in extras() if f"`{name}`" not in sentence]
