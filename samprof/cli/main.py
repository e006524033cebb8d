"""`samprof`: finds the command, runs it, and turns errors into one line each."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import NoReturn

from samprof._version import __version__
from samprof.cli.terminate import Terminated, heeding_sigterm
from samprof.errors import SamprofError, UsageError

COMMANDS = {
    "sweep": "measure a model at several batch sizes: which layers scale, and the verdict",
    "workload": "measure a whole pipeline, or read one: time per component, host and device",
    "run": "run a script as under python, and record the models that it calls",
    "record": "record a model at one batch size and write the trace",
    "layers": "time per layer, of a trace, a run or ranks",
    "kernels": "device time per kernel or per op, of a trace or a run",
    "scaling": "the scaling table and the verdict of a run, or of traces of several sizes",
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
        raise UsageError(self.prog, "arguments", message, f"see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code."""
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except SamprofError as error:
        sys.stderr.write(f"samprof: {error}\n")
        return BAD_INPUT
    except KeyboardInterrupt as ending:
        sys.stderr.write(f"samprof: {str(ending) or 'interrupted'}\n")
        return INTERRUPTED
    except Terminated as ending:
        sys.stderr.write(f"samprof: {str(ending) or 'terminated'}\n")
        return TERMINATED
    except BrokenPipeError:
        # The reader of the output has closed it, as head does; Python must not complain on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: list[str]) -> int:
    chosen = next((word for word in arguments if word in COMMANDS), None)
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
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=_sentence(text))
        if name == chosen:
            module = importlib.import_module(f"samprof.cli.commands.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    options.words = ["samprof", *arguments]
    if options.command is None:
        parser.print_help()
        return None
    return options


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


if __name__ == "__main__":
    sys.exit(main())
