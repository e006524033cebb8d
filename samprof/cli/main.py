"""`samprof`: finds the command, runs it, and turns errors into one line."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from samprof._version import __version__
from samprof.errors import SamprofError, UsageError

COMMANDS = {
    "sweep": "measure a model over batch sizes; print which layers scale, and the verdict",
    "record": "record one model at one batch size into a trace",
    "components": "where a pipeline's time goes: encoder, decoder, masks, waits, idle",
    "scaling": "the scaling table and verdict of a run directory",
    "compare": "which layers changed between runs or variants; exits 1 if --gate says so",
    "layers": "time by layer, of a trace or a run",
    "kernels": "device time by kernel, of a trace or a run",
    "check": "whether a trace or a run counts every nanosecond once; exits 1 if not",
    "report": "the report and the figures of a run",
    "view": "a trace in Perfetto's page, served from this machine",
    "export": "a few steps of a trace in a small file, with lanes of the layers on each device",
    "tensorboard": "a run in TensorBoard: curves, tables, pictures, traces; until Ctrl-C",
    "hta": "Holistic Trace Analysis of a trace, a run or ranks, beside samprof's own figures",
    "doctor": "what is installed, what will work here, and the device's measured peaks",
}
BAD_INPUT, INTERRUPTED = 2, 130


class Parser(argparse.ArgumentParser):
    """A parser whose usage errors are one line, as all errors are."""

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
    except KeyboardInterrupt:
        sys.stderr.write("samprof: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough; Python must not complain about it on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(arguments: list[str]) -> int:
    parser = Parser(prog="samprof", description="Which layers of Segment Anything scale, and why.")
    parser.add_argument("--version", action="version", version=f"samprof {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    chosen = next((word for word in arguments if word in COMMANDS), None)
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=_sentence(text))
        if name == chosen:
            module = importlib.import_module(f"samprof.cli.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    options = parser.parse_args(arguments)
    options.words = ["samprof", *arguments]
    if options.command is None:
        parser.print_help()
        return 0
    code: int = options.run(options)
    sys.stdout.flush()
    return code


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


if __name__ == "__main__":
    sys.exit(main())
