"""Traces of a device, made up, in the form and with the mix of events of real ones; the truth is known.

Every forward is one of SAM's image encoder (`bench/_encoder.py`); times differ from one to the next and
are whole nanoseconds, written with all their digits.

    python -m bench.traces trace.json.gz 1000000
"""

import argparse
import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from bench import _kineto as kineto
from bench._schedule import Schedule, Step, schedule
from bench._schedule import steps as steps_of

STEP_EVENTS = 22_000
GZIP_LEVEL = 4


@dataclass(frozen=True, slots=True)
class Truth:
    """What is in a trace, known because it was put there.

    Attributes:
        events: entries of traceEvents.
        steps: ProfilerStep annotations on the host.
        activities: kernels, copies and fills.
        device_ns: the sum of their durations.
        device_self_ns: path of a range -> the part that was launched there and in no range inside it.
        outside_ns: the part that was launched outside of every range.
        no_launch_ns: the part whose launch is not in the trace.
    """

    events: int
    steps: int
    activities: int
    device_ns: int
    device_self_ns: dict[str, int]
    outside_ns: int
    no_launch_ns: int


def write_trace(
    path: str | Path,
    events: int,
    *,
    seed: int = 0,
    steps: int | None = None,
    no_launch: float = 0.0,
    outside: bool = False,
    backward: bool = False,
    graphs: bool = False,
    two_threads: bool = False,
    skew_ns: int = 0,
) -> Truth:
    """Writes a trace of about so many events, whole forwards, and returns the truth about it.

    Args:
        path: compressed if it ends in .gz.
        events: a forward has about 4400 of them; fewer cannot be had.
        seed: the same seed gives the same file.
        steps: marked steps; by default one for about 22 thousand events.
        no_launch: share of the launches of one activity that the trace does not show.
        outside: also work before and after the encoder, outside every range.
        backward: also a backward on a thread of autograd, linked by flows, and gradients accumulated
            there that no flow leads to.
        graphs: the neck is one graph launch.
        two_threads: two threads run the encoder at the same time, on streams of their own.
        skew_ns: the device's clock ahead of the host's; negative: kernels begin before their launch.
    """
    path = Path(path)
    plan = schedule(
        no_launch=no_launch, outside=outside, backward=backward, graphs=graphs, seed=seed
    )
    threads = 2 if two_threads else 1
    forms = list(_forms(plan, threads, backward))
    count, forwards = _layout(events, sum(form.events for form in forms) // threads, threads, steps)

    def all_steps() -> Iterator[Step]:
        return steps_of(
            plan, count=count, forwards=forwards, threads=threads, skew_ns=skew_ns, seed=seed
        )

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
                        write(form.fill(forward))
                        written += form.events
        ledger = _Ledger(plan)
        for step in all_steps():
            ledger.add(step)
            write(kineto.step_text(step, on_device=True))
        closing = list(kineto.closing(step.end, threads))
        write(",\n".join(f"  {{\n{text}\n  }}" for text in closing))
        write('\n  ],\n  "traceName": "trace.json"\n}\n')
    return ledger.truth(written + count + len(closing), count)


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


class _Ledger:
    """Adds up device time by owner."""

    def __init__(self, plan: Schedule) -> None:
        paths = [event.call.path for event in plan.events if event.call.path is not None]
        self._paths = list(dict.fromkeys(paths))
        rows = {path: row for row, path in enumerate(self._paths)}
        # The last two rows are for what has no owner.
        outside, hidden = len(rows), len(rows) + 1
        self._row = np.array(
            [
                hidden if launch in plan.hidden else rows.get(plan.owner(launch) or "", outside)
                for _, launch in plan.work
            ]
        )
        self._ns = np.zeros(len(rows) + 2, np.int64)
        self._activities = 0

    def add(self, step: Step) -> None:
        for forward in step.forwards:
            np.add.at(self._ns, self._row, forward.busy)
            self._activities += len(forward.busy)

    def truth(self, events: int, steps: int) -> Truth:
        *owned, outside, hidden = self._ns.tolist()
        return Truth(
            events=events,
            steps=steps,
            activities=self._activities,
            device_ns=int(self._ns.sum()),
            device_self_ns=dict(zip(self._paths, owned, strict=True)),
            outside_ns=outside,
            no_launch_ns=hidden,
        )


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
