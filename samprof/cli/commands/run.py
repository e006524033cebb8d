"""`samprof run`: a script as under python, its calls of models recorded."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.cli.model_options import add_granularity_argument
from samprof.cli.output import add_depth_argument, width, write_err
from samprof.errors import SamprofError, UsageError

if TYPE_CHECKING:
    from samprof.script.program import Program
    from samprof.script.roots import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command; all that follows the script belongs to the script."""
    parser.allow_abbrev = False
    parser.usage = "samprof run [options] (SCRIPT | -m MODULE) [arguments of the script]"
    parser.add_argument(
        "script", nargs=argparse.REMAINDER, metavar="SCRIPT", help="the script, and its arguments"
    )
    parser.add_argument(
        "-m",
        dest="module_run",
        nargs=argparse.REMAINDER,
        metavar="MODULE",
        help="instead of a script: a module as in python -m, and its arguments",
    )
    parser.add_argument(
        "--module",
        action="append",
        default=[],
        metavar="NAME",
        help="record only calls of this class (ImageEncoderViT, my.package.Net), of this part of SAM "
        "(image_encoder), or of the part with this path below a model that the script calls "
        "(backbone.layers.3); may be given several times (default: every outermost call)",
    )
    parser.add_argument(
        "--skip",
        type=int,
        default=1,
        metavar="N",
        help="warm-up calls of each root and size, not recorded (default: 1; where it is the only "
        "call, it is recorded)",
    )
    parser.add_argument(
        "--calls",
        type=int,
        default=5,
        metavar="N",
        help="how many calls of each root and size to record after those (default: 5)",
    )
    add_granularity_argument(parser)
    add_depth_argument(parser)
    parser.add_argument(
        "-o",
        "--out",
        metavar="DIR",
        help="a new directory for the traces (default: runs/NAME of the script, with a number if that "
        "is taken)",
    )


def run(options: argparse.Namespace) -> int:
    """Runs the script, then says on stderr what was recorded: stdout is the script's."""
    from samprof.script.folder import Folder
    from samprof.script.record import record_program

    program = _program(options)
    settings = _settings(options)
    words, folder = sys.stderr, Folder(options.out, Path("runs") / program.stem)
    ran = record_program(program, settings, folder)
    sys.stdout.flush()
    from samprof.cli.script_text import script_text

    try:
        text = script_text(ran, program.name, settings.modules, options.depth, width())
    except SamprofError as error:  # the exit code is the script's all the same
        text = f"samprof: {error}\n"
    write_err(f"\n{text}", words)
    return ran.exit_code


def _program(options: argparse.Namespace) -> Program:
    from samprof.script.program import Program

    words = options.module_run or options.script
    if not words:
        raise UsageError("run", "arguments", "no script", "give one, or -m and a module")
    return Program(words[0], tuple(words[1:]), is_module=options.module_run is not None)


def _settings(options: argparse.Namespace) -> Settings:
    from samprof.record.ranges.labels import GRANULARITIES
    from samprof.script.roots import Settings

    if options.granularity not in GRANULARITIES:
        remedy = f"use one of {', '.join(GRANULARITIES)}"
        raise UsageError(
            "run", f"--granularity {options.granularity}", "unknown granularity", remedy
        )
    return Settings(
        skip=_count("--skip", options.skip, 0),
        calls=_count("--calls", options.calls, 1),
        granularity=options.granularity,
        modules=tuple(options.module),
    )


def _count(name: str, value: int, least: int) -> int:
    if value < least:
        raise UsageError("run", f"{name} {value}", "not a count", f"give {least} or more")
    return value
