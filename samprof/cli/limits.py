"""`--memory-limit` and `--latency-limit`: what a batch may take, and the search for the largest."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from samprof.errors import UsageError
from samprof.units import bytes_of, memory_limit_text, memory_text, nanoseconds_of, units_like

if TYPE_CHECKING:
    from samprof.analysis.axis import Axis
    from samprof.analysis.limits import Limits
    from samprof.sweep.engines import Engine
    from samprof.sweep.largest import Probe
    from samprof.sweep.plan import Plan
    from samprof.sweep.run import Run

FREE = "free"


def add_limit_arguments(parser: argparse.ArgumentParser, memory_help: str) -> None:
    """Both limits.

    Args:
        parser: gets them.
        memory_help: what the limit of memory does in this command.
    """
    parser.add_argument("--memory-limit", metavar="SIZE", help=f"{memory_help} (2GB, 800MiB)")
    parser.add_argument(
        "--latency-limit",
        metavar="TIME",
        help="a forward of the batch to run takes no longer (200ms, 1.5s)",
    )


def check_limits(options: argparse.Namespace, over: str) -> None:
    """Looks at the arguments of a sweep over this axis before anything is measured.

    Raises:
        UsageError: a text that means no amount, or an axis along which no batch grows.
    """
    from samprof.sweep.largest import AXES_OF_BATCHES, free_memory

    if options.memory_limit is not None and over not in AXES_OF_BATCHES:
        remedy = f"sweep over {' or '.join(AXES_OF_BATCHES)}, or give it to samprof scaling"
        raise UsageError("sweep", "--memory-limit", f"no batch grows with {over}", remedy)
    if options.memory_limit != FREE:
        limits_of(options)
    elif options.device == "cpu":
        free_memory(options.device)


def limits_of(options: argparse.Namespace, device: str | None = None) -> Limits:
    """The limits that the arguments give.

    Args:
        options: parsed arguments.
        device: the one whose free memory may be asked for.

    Raises:
        UsageError: a text that means no amount.
    """
    from samprof.analysis.limits import Limits

    memory = latency = None
    if options.memory_limit == FREE and device is not None:
        from samprof.sweep.largest import free_memory

        memory = free_memory(device)
    elif options.memory_limit is not None:
        memory = _parsed(bytes_of, "--memory-limit", options.memory_limit, "2GB, 1.5GiB or 800MiB")
    if options.latency_limit is not None:
        text = options.latency_limit
        latency = _parsed(nanoseconds_of, "--latency-limit", text, "200ms, 1.5s or 300us")
    return Limits(memory, latency)


def search_largest(
    run: Run, plans: list[Plan], engine: Callable[[Plan], Engine], limit_bytes: int
) -> list[str]:
    """Searches the largest batch of each variant that fits, with progress, and keeps it.

    Args:
        run: the finished sweep.
        plans: of each variant.
        engine: where a plan's tries are measured.
        limit_bytes: the limit.

    Returns:
        A sentence each.

    Raises:
        RunError: a try failed for another reason than memory.
    """
    from samprof.sweep.largest import MOST, Largest, largest_batch
    from samprof.sweep.store import Store

    store, sentences = Store(run.path), []
    points = run.points()
    for plan in plans:
        mine = points[points["variant"] == plan.variant]
        ok, oom = (mine[mine["status"] == status] for status in ("ok", "oom"))
        if ok.empty:
            continue  # its points say why
        held = store.largest().get(plan.variant)
        if held is not None and held.get("limit_bytes") == limit_bytes:
            found = Largest.from_dict(held)
        else:
            pairs = zip(ok["batch_size"], ok["peak_memory_bytes"], strict=True)
            seen = {int(size): int(peak) for size, peak in pairs}
            most = min([MOST + 1, *oom["batch_size"].tolist()]) - 1
            measure = _telling(run, plan, engine(plan), limit_bytes)
            found = largest_batch(measure, limit_bytes, seen, most=most)
            store.write_largest(plan.variant, found.as_dict())
        sentences.append(found.text(plan.axis, plan.variant))
    return sentences


def _telling(run: Run, plan: Plan, engine: Engine, limit_bytes: int) -> Callable[[int], Probe]:
    """Measures a size, and says so on stderr."""
    from samprof.sweep.largest import probe

    measure = probe(engine, plan, run.path)

    def measure_peak(size: int) -> Probe:
        limit = memory_limit_text(limit_bytes)
        _say(f"{plan.axis.text(size)}: trying whether it fits within {limit}")
        found = measure(size)
        _say(_outcome(size, found, limit_bytes, plan.axis))
        return found

    return measure_peak


def _outcome(size: int, found: Probe, limit_bytes: int, axis: Axis) -> str:
    if found.taken is None:
        reason = "out of memory" if found.status == "oom" else "failed"
        return f"{axis.text(size)}: {reason}: {found.message}"
    taken = memory_text(found.taken, units_like(limit_bytes))
    return f"{axis.text(size)}: {taken}, {'fits' if found.taken <= limit_bytes else 'too much'}"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _parsed(parse: Callable[[str], int], option: str, text: str, examples: str) -> int:
    try:
        return parse(text)
    except ValueError as error:
        raise UsageError("arguments", f"{option} {text}", str(error), f"write {examples}") from None
