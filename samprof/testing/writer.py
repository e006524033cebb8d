"""Writes a trace of a GPU with the layout and the mix of events of a real one, and a known truth.

Every forward is one of SAM's image encoder (`samprof.testing.encoder`). Times differ from one forward to
the next; they are whole nanoseconds, written with all their digits.
"""

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from samprof.testing.kineto import document, forward_events
from samprof.testing.kineto.template import ForwardTemplate
from samprof.testing.ledger import Ledger
from samprof.testing.options import TraceOptions
from samprof.testing.schedule import Schedule, schedule
from samprof.testing.timing import Step
from samprof.testing.timing import steps as steps_of
from samprof.testing.truth import Truth

STEP_EVENTS = 22_000
GZIP_LEVEL = 4


def write_trace(
    path: str | Path,
    events: int,
    options: TraceOptions | None = None,
    *,
    seed: int = 0,
    steps: int | None = None,
) -> Truth:
    """Writes a trace of about that many events, in whole forwards, and returns the truth about it.

    Args:
        path: where to write it; compressed if the name ends in .gz.
        events: about how many; a single forward has about 4400, so that is the least.
        options: what is hard about the trace; by default, nothing.
        seed: the same seed gives the same file.
        steps: the number of marked steps; by default one per 22 thousand events.

    Returns:
        What the trace contains: every sum that a correct reader must find.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import samprof
        >>> from samprof.testing import TraceOptions, write_trace
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder, "trace.json")
        ...     truth = write_trace(path, 9_000, TraceOptions(lost_first={0: 3}), steps=2)
        ...     trace = samprof.load(path, cache=False)
        >>> truth.lost
        (3, 0)
        >>> int(trace.kernels()["dur_ns"].sum()) == truth.device_ns
        True
        >>> trace.check().lost_records
        3
    """
    path, options = Path(path), options or TraceOptions()
    plan = schedule(options, seed)
    threads = 2 if options.two_threads else 1
    templates = list(_templates(plan, threads, options.backward))
    count, forwards = _layout(
        events, sum(template.events for template in templates) // threads, threads, steps
    )

    def all_steps() -> Iterator[Step]:
        return steps_of(plan, options, count=count, forwards=forwards, seed=seed)

    written = 0
    with _writer(path) as write:
        write(document.head())
        for template in templates:
            for step in all_steps():
                if template.marks_steps:
                    write(document.step_text(step, on_device=False))
                    written += 1
                for forward in step.forwards:
                    if forward.thread == template.thread:
                        text, number = template.fill(forward)
                        write(text)
                        written += number
        ledger = Ledger(plan)
        for step in all_steps():
            ledger.add(step)
            write(document.step_text(step, on_device=True))
        closing = list(document.closing(options.start_ns, step.end, threads))
        write(",\n".join(f"  {{\n{text}\n  }}" for text in closing))
        write('\n  ],\n  "traceName": "trace.json"\n}\n')
    return ledger.truth(written + count + len(closing))


def _templates(plan: Schedule, threads: int, backward: bool) -> Iterator[ForwardTemplate]:
    """The parts of the file that the forwards fill, in order."""
    if backward:
        for thread in range(threads):
            yield forward_events.ops_template(plan, thread, backward=True)
    for thread in range(threads):
        yield forward_events.ops_template(plan, thread, backward=False)
    for make in (forward_events.memory_template, forward_events.device_template):
        for thread in range(threads):
            yield make(plan, thread)


def _layout(events: int, of_forward: int, threads: int, steps: int | None) -> tuple[int, int]:
    """The number of steps, and of forwards in each."""
    of_step = min(events, STEP_EVENTS) if steps is None else events / steps
    forwards = max(threads, round(of_step / of_forward))
    return steps or max(1, round(events / (forwards * of_forward))), forwards


@contextmanager
def _writer(path: Path) -> Iterator[Callable[[str], object]]:
    """Opens the file and gives the function that writes text to it."""
    with path.open("wb") as raw:
        if path.suffix != ".gz":
            yield lambda text: raw.write(text.encode())
            return
        with gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=0) as packed:
            yield lambda text: packed.write(text.encode())
