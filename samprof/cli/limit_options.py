"""`--memory-limit` and `--latency-limit`: what a batch may take."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from samprof.errors import UsageError
from samprof.units import bytes_of, nanoseconds_of

if TYPE_CHECKING:
    from samprof.analysis.verdict.limits import Limits

FREE = "free"


def add_limit_arguments(parser: argparse.ArgumentParser, memory_help: str) -> None:
    """Both limits.

    Args:
        parser: gets them.
        memory_help: what the memory limit does in this command.
    """
    limits = parser.add_argument_group("limits")
    limits.add_argument("--memory-limit", metavar="MEMORY", help=memory_help)
    limits.add_argument(
        "--latency-limit",
        metavar="TIME",
        help="recommend a batch size whose forward takes no longer than this (200ms, 1.5s)",
    )


def check_limits(options: argparse.Namespace, over: str) -> None:
    """Checks the arguments of a sweep over this axis before anything is measured.

    Raises:
        UsageError: a text that is not an amount, or an axis along which the batch does not grow.
    """
    from samprof.sam.axes import SEARCHABLE_AXES
    from samprof.sweeps.search.largest import free_memory

    if options.memory_limit is not None and over not in SEARCHABLE_AXES:
        remedy = f"sweep over {' or '.join(SEARCHABLE_AXES)}, or give it to samprof scaling"
        raise UsageError("sweep", "--memory-limit", f"no batch grows with {over}", remedy)
    if options.memory_limit != FREE:
        limits_of(options)
    elif options.device == "cpu":
        free_memory(options.device)


def limits_of(options: argparse.Namespace, device: str | None = None) -> Limits:
    """The limits that the arguments give.

    Args:
        options: parsed arguments.
        device: the one that `--memory-limit free` asks for its free memory.

    Raises:
        UsageError: a text that is not an amount.
    """
    from samprof.analysis.verdict.limits import Limits

    memory = latency = None
    if options.memory_limit == FREE and device is not None:
        from samprof.sweeps.search.largest import free_memory

        memory = free_memory(device)
    elif options.memory_limit is not None:
        memory = _parsed(bytes_of, "--memory-limit", options.memory_limit, "2GB, 1.5GiB or 800MiB")
    if options.latency_limit is not None:
        text = options.latency_limit
        latency = _parsed(nanoseconds_of, "--latency-limit", text, "200ms, 1.5s or 300us")
    return Limits(memory, latency)


def _parsed(parse: Callable[[str], int], option: str, text: str, examples: str) -> int:
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError("arguments", f"{option} {text}", str(error), f"write {examples}") from None
