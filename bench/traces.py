"""Traces of a device, made up, in the form and with the mix of events of real ones; the truth is known.

Every forward is one of SAM's image encoder (`bench/_encoder.py`); times differ from one to the next and
are whole nanoseconds, written with all their digits.

    python -m bench.traces trace.json.gz 1000000
"""

import argparse
import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from bench import _kineto as kineto
from bench._options import Hard, Pace
from bench._schedule import Schedule, Step, schedule
from bench._schedule import steps as steps_of
from bench._truth import Ledger, Truth

STEP_EVENTS = 22_000
GZIP_LEVEL = 4

__all__ = ["Hard", "Pace", "Truth", "write_trace"]


def write_trace(
    path: str | Path,
    events: int,
    hard: Hard | None = None,
    *,
    seed: int = 0,
    steps: int | None = None,
) -> Truth:
    """Writes a trace of about so many events, whole forwards, and returns the truth about it.

    Args:
        path: compressed if it ends in .gz.
        events: a forward has about 4400 of them; fewer cannot be had.
        hard: what is hard about it; by default nothing.
        seed: the same seed gives the same file.
        steps: marked steps; by default one for about 22 thousand events.
    """
    path, hard = Path(path), hard or Hard()
    plan = schedule(hard, seed)
    threads = 2 if hard.two_threads else 1
    forms = list(_forms(plan, threads, hard.backward))
    count, forwards = _layout(events, sum(form.events for form in forms) // threads, threads, steps)

    def all_steps() -> Iterator[Step]:
        return steps_of(plan, hard, count=count, forwards=forwards, seed=seed)

    written = 0
    with _writer(path) as write:
        write(kineto.head())
        for form in forms:
            for step in all_steps():
                if form.marks_steps:
                    write(kineto.step_text(step, on_device=False))
                    written += 1
                for forward in step.forwards:
                    if forward.thread == form.thread:
                        text, number = form.fill(forward)
                        write(text)
                        written += number
        ledger = Ledger(plan)
        for step in all_steps():
            ledger.add(step)
            write(kineto.step_text(step, on_device=True))
        closing = list(kineto.closing(hard.start_ns, step.end, threads))
        write(",\n".join(f"  {{\n{text}\n  }}" for text in closing))
        write('\n  ],\n  "traceName": "trace.json"\n}\n')
    return ledger.truth(written + count + len(closing))


def _forms(plan: Schedule, threads: int, backward: bool) -> Iterator[kineto.Form]:
    """The parts of the file, in their order."""
    if backward:
        for thread in range(threads):
            yield kineto.ops_form(plan, thread, backward=True)
    for thread in range(threads):
        yield kineto.ops_form(plan, thread, backward=False)
    for make in (kineto.memory_form, kineto.device_form):
        for thread in range(threads):
            yield make(plan, thread)


def _layout(events: int, of_forward: int, threads: int, steps: int | None) -> tuple[int, int]:
    """How many steps, and how many forwards in each."""
    of_step = min(events, STEP_EVENTS) if steps is None else events / steps
    forwards = max(threads, round(of_step / of_forward))
    return steps or max(1, round(events / (forwards * of_forward))), forwards


@contextmanager
def _writer(path: Path) -> Iterator[Callable[[str], object]]:
    """A function that writes text to the file."""
    with path.open("wb") as raw:
        if path.suffix != ".gz":
            yield lambda text: raw.write(text.encode())
            return
        with gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as packed:
            yield lambda text: packed.write(text.encode())


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes a made-up trace.")
    parser.add_argument("path", type=Path)
    parser.add_argument("events", type=int)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    truth = write_trace(options.path, options.events, seed=options.seed)
    for name, value in asdict(truth).items():
        print(f"{name}: {value}")


if __name__ == "__main__":
    main()
