"""`samprof`: finds the command, runs it, and turns errors into one line each."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from difflib import get_close_matches
from typing import NoReturn

from samprof._version import __version__
from samprof.cli.failures import SYSTEM_FAILURES, failure
from samprof.cli.interrupts import was_interrupted
from samprof.cli.output import write_err
from samprof.cli.terminate import Terminated, heeding_sigterm
from samprof.errors import SamprofError, UsageError

COMMANDS = {
    "sweep": "measure a model at several batch sizes: which layers scale, and the verdict",
    "workload": "measure a whole pipeline, or read one: time per component, host and device",
    "run": "run a script as under python, and record the models that it calls",
    "record": "record a model at one batch size and write the trace",
    "layers": "time per layer, of a trace, a run or ranks",
    "kernels": "device time per kernel or per op, of a trace or a run",
    "scaling": "the scaling table and the verdict of a run, of traces of several sizes, or of numbers",
    "predict": "what a model would take on a device that is not here, from shapes and real traces",
    "compare": "which layers changed between two runs, traces, ranks; of runs with a gate for CI",
    "report": "write the report page and the figures of a run",
    "tensorboard": "show a run in TensorBoard: scalars, tables, figures, traces",
    "hta": "Holistic Trace Analysis of a trace, a run or ranks, next to samprof's figures",
    "view": "open a trace in Perfetto, served from this machine",
    "export": "write a few steps of a trace to a small file, with a layer track per device",
    "check": "check that a trace, a run or ranks account for every nanosecond exactly once",
    "verify": "prove on this device that the numbers are right; exits 1 if a check fails",
    "doctor": "show what is installed, what works here, and the device's measured peaks",
}
BAD_INPUT, INTERRUPTED, TERMINATED = 2, 130, 143
RUNS_PROGRAMS = "run"
"""The command in which signals are for the program that it runs."""


class Parser(argparse.ArgumentParser):
    """A parser whose usage errors are one line, as all other errors are."""

    def error(self, message: str) -> NoReturn:
        """Ends the command with the usage error."""
        command = self.prog.partition(" ")[2] or "command line"
        raise UsageError(command, "arguments", message, f"see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(words)
    except SamprofError as error:
        write_err(f"samprof: {_of_command(error, _command_in(words))}\n")
        return BAD_INPUT
    except KeyboardInterrupt as error:
        return _interrupted(error)
    except Terminated as ending:
        write_err(f"samprof: {str(ending) or 'terminated'}\n")
        return TERMINATED
    except BrokenPipeError:
        # The reader of the output has closed it, as head does; Python must not complain on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if was_interrupted():
            return _interrupted(error)
        if not isinstance(error, SYSTEM_FAILURES):
            raise
        write_err(f"samprof: {failure(_command_in(words) or 'start', error)}\n")
        return BAD_INPUT


def _interrupted(error: BaseException) -> int:
    told = isinstance(error, KeyboardInterrupt) and error.args
    write_err(f"samprof: {error if told else 'interrupted'}\n")
    return INTERRUPTED


def _run(arguments: list[str]) -> int:
    chosen = _command_in(arguments)
    with nullcontext() if chosen == RUNS_PROGRAMS else heeding_sigterm():
        options = _options(arguments, chosen)
        if options is None:
            return 0
        code: int = options.run(options)
        sys.stdout.flush()
        return code


def _options(arguments: list[str], chosen: str | None) -> argparse.Namespace | None:
    """The parsed arguments with the command's function; None where only help was asked for."""
    parser = Parser(prog="samprof", description="Which layers of Segment Anything scale, and why.")
    parser.add_argument("--version", action="version", version=f"samprof {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    if chosen is not None and chosen not in COMMANDS:
        remedy = f"use one of {', '.join(get_close_matches(chosen, COMMANDS) or COMMANDS)}"
        raise UsageError("command line", chosen, "no such command", remedy)
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=_sentence(text))
        if name == chosen:
            module = importlib.import_module(f"samprof.cli.commands.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        _refuse(unknown, commands.choices.get(options.command, parser))
    options.words = ["samprof", *arguments]
    if options.command is None:
        parser.print_help()
        return None
    return options


def _command_in(words: Sequence[str]) -> str | None:
    """The first word that is no option: the command, unless there is none of that name."""
    return next((word for word in words if not word.startswith("-")), None)


def _refuse(unknown: Sequence[str], parser: argparse.ArgumentParser) -> NoReturn:
    """Ends the command with the first argument that it does not know, and the options most like it.

    Raises:
        UsageError: always.
    """
    operation = parser.prog.partition(" ")[2] or "command line"
    found = get_close_matches(unknown[0].partition("=")[0], parser._option_string_actions)
    remedy = f"the nearest: {', '.join(found)}" if found else f"see {parser.prog} --help"
    raise UsageError(operation, unknown[0], "no such argument", remedy)


def _of_command(error: SamprofError, command: str | None) -> SamprofError:
    """The error by the name of the command that was given, where another's was in it."""
    if command not in COMMANDS or error.operation not in COMMANDS:
        return error
    return SamprofError(command, error.subject, error.cause, error.remedy)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."
