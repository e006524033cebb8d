"""What the lines of shell in the documentation become, so that a test can run them.

A line that no rule covers is an error: a new kind of line needs a rule here.
"""

import configparser
import importlib
import importlib.util
import re
import shlex
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass

from samprof.cli.main import COMMANDS, Parser
from samprof.prediction.measured_peaks import THIS
from samprof.sam.catalogue import WORKLOADS
from tests.support.paths import ROOT

ON_THE_SMALL_MODEL = {"--model": "small", "--device": "cpu", "--dtype": "float32"}
ONCE = {"--rounds": "1", "--repeats": "1", "--warmup": "0", "--engine": "process"}
MEASURING = {
    "sweep": ON_THE_SMALL_MODEL | ONCE,
    "workload": ON_THE_SMALL_MODEL | ONCE,
    "predict": {"--model": "small", "--batch-sizes": "1,2"},
    "record": ON_THE_SMALL_MODEL | {"--warmup": "0", "--steps": "1"},
}
"""Command -> options that are put in the place of those of the page."""

PHOTOS = {"--images": "photos/"}
"""Two of 96 x 128 pixels; what is made up where no image is given is large."""

WORK = {
    "encode": {},
    "predict": PHOTOS | {"--prompts": "2"},
    "onnx": PHOTOS | {"--prompts": "2"},
    "batch": PHOTOS | {"--size": "2"},
    "amg": PHOTOS | {"--points-per-side": "2", "--checkpoint": "sam_vit_h.pth"},
}
"""Workload of `samprof workload` -> how much of it."""

OVER = {"prompts": PHOTOS, "points-per-batch": WORK["amg"], "crops": WORK["amg"]}
"""Axis of `samprof sweep` -> what is kept small beside it."""

SIZES = ("--batch-sizes", "--sizes")
"""The first two of the page are taken; 1,2 where it gives none."""

LIMITS = {"--memory-limit": "1500KB", "--latency-limit": "500ms"}
"""Of these sweeps: batch 1 of the stand-in fits, batch 2 does not, so no other process tries more."""

SERVERS = ("tensorboard", "view")
"""Commands that run until Ctrl-C are parsed, and what they would show is looked for. tests/integrations
and tests/cli start both; what `samprof tensorboard` writes first, a block in Python writes as well."""

RUN_ELSEWHERE = ("run", "verify")
"""Commands that are only parsed here: the script is not on the page; it takes long or needs a GPU.
tests/cli and tests/verify run them."""


@dataclass(frozen=True)
class Command:
    """A command of samprof.

    Attributes:
        words: as the page has them.
        options: parsed.
    """

    words: tuple[str, ...]
    options: Namespace

    @property
    def name(self) -> str:
        """Which command."""
        return self.words[0]

    @property
    def measures(self) -> bool:
        """Whether it runs a model, and does not only read."""
        reads = self.name == "workload" and self.options.what not in WORKLOADS
        reads |= self.name == "predict" and self.options.model is None
        return self.name in MEASURING and not reads

    @property
    def quick(self) -> tuple[str, ...]:
        """The words of the same on something small."""
        if not self.measures:
            return self.words
        asked = vars(self.options)
        instead = dict(MEASURING[self.name])
        if self.name == "workload":
            instead |= WORK[asked["what"]]
        if self.name == "predict" and asked["device"] == THIS:
            instead["--device"] = "L4"  # the GPU of the machine, which tests have none of
        if self.name == "sweep":
            instead |= OVER.get(asked["over"], {})
            instead[SIZES[0]] = ",".join((asked["sizes"] or "1,2").split(",")[:2])
            if asked["memory_limit"]:
                instead |= LIMITS
        return with_options(
            self.words,
            instead,
            without=(SIZES[1], "--out", "--images", "--precision", "--time-limit", "--allocator"),
        )


def with_options(
    words: Sequence[str], instead: dict[str, str], without: Sequence[str]
) -> tuple[str, ...]:
    """The words with these options in the place of what they had, and without those.

    Example:
        >>> with_options(["sweep", "--model", "vit_b", "--out", "x"], {"--model": "small"}, ["--out"])
        ('sweep', '--model', 'small')
    """
    kept, rest = [], list(words)
    while rest:
        word = rest.pop(0)
        if word in instead or word in without:
            rest.pop(0)
        else:
            kept.append(word)
    return (*kept, *(word for pair in instead.items() for word in pair))


def command_in(line: str) -> Command | None:
    """The command of samprof in a line of shell; None where the line is another tool's, and right.

    Raises:
        AssertionError: no rule covers the line, or what it names is not there.
        UsageError: samprof has no such option.
    """
    words = shlex.split(line, comments=True)
    while re.match(r"[A-Z_]+=", words[0]):  # set for this command
        words.pop(0)
    match words:
        case ["samprof", name, *_]:
            assert name in COMMANDS, f"no command: {line}"
            parser = Parser(prog=f"samprof {name}")
            importlib.import_module(f"samprof.cli.commands.{name}").add_arguments(parser)
            options = parser.parse_args(words[2:])
            options.command = name
            if name in RUN_ELSEWHERE:
                return None
            return Command(tuple(words[1:]), options)
        case ["make", target]:
            assert re.search(f"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), line
        case ["pip", "install", *what]:
            assert_installs(what)
        # Looking for pip would make setuptools give up its distutils, which Inductor then misses.
        case ["python" | "python3", "-m", "pip", "download" | "install", *_]:
            pass
        case ["python" | "python3", "-m", module, *_]:
            assert importlib.util.find_spec(module) is not None, line
        case ["python", script, *_]:
            assert (ROOT / script).is_file(), line
        case ["cp", *_] | ["git", "clone", *_] | ["source", ".venv/bin/activate"]:
            pass
        case _:
            raise AssertionError(f"no rule in {__name__} covers: {line}")
    return None


def requirements() -> list[str]:
    """What setup.cfg requires without any extra."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return setup["options"]["install_requires"].split("\n")[1:]


def extras() -> dict[str, list[str]]:
    """Extra of setup.cfg -> its requirements."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    return {name: text.split("\n")[1:] for name, text in setup["options.extras_require"].items()}


def assert_installs(what: Sequence[str]) -> None:
    """The packages that a page says to install are samprof with extras that exist, or in one of them."""
    known = extras()
    packages = {re.split(r"[>=\[]", one)[0].lower() for some in known.values() for one in some}
    named = [one for one in what if not one.startswith("-")]
    assert named
    for one in named:
        name, _, asked = one.rstrip("]").partition("[")
        assert name in (".", "samprof") or name.lower() in packages, one
        assert {extra.strip() for extra in asked.split(",") if extra} <= set(known), one
