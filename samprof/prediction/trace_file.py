"""Writes predicted kernels and the host's side of a forward as a trace, in Kineto's form."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samprof.files import written_whole
from samprof.trace.flops.op_inputs import INPUTS_BORDER
from samprof.trace.model.data import TraceData
from samprof.trace.model.events import Ints, Kind
from samprof.units import microseconds_text

_CATEGORIES = {
    Kind.OP: "cpu_op",
    Kind.RANGE: "user_annotation",
    Kind.ANNOTATION: "user_annotation",
    Kind.MODULE: "python_function",
}
_STREAM = 7
_INPUT_KEYS = ("Input Dims", "Input type", "Concrete Inputs")


@dataclass(frozen=True, slots=True)
class Host:
    """The host's side: rows of the trace's events with their new times."""

    rows: Ints
    start: Ints
    end: Ints


@dataclass(frozen=True, slots=True)
class Kernels:
    """The device's side; every field has one entry per kernel, in the order of launches.

    Attributes:
        row: of the op that launches it, in the trace's events.
        name: what it is called.
        launch, start, duration: nanoseconds.
    """

    row: Ints
    name: Sequence[str]
    launch: Ints
    start: Ints
    duration: Ints


def write_trace(
    path: Path, trace: TraceData, host: Host, kernels: Kernels, device: str, more: Mapping[str, Any]
) -> None:
    """Writes a trace of these events; whole or not at all.

    Args:
        path: the file, `.json.gz`.
        trace: names, threads, inputs and metadata of the host's events.
        host: its events.
        kernels: those of the device.
        device: its name.
        more: keys of the file besides.

    Raises:
        OSError: it cannot be written.
    """
    import gzip

    head = {key: value for key, value in trace.metadata.items() if key != "traceEvents"}
    head |= {"deviceProperties": [{"id": 0, "name": device}], **more}
    text = json.dumps(head)[:-1]
    events = ",\n".join(_events(trace, host, kernels))
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as file:
        document = f'{text}, "traceEvents": [\n{events}\n]}}\n'.encode()
        file.write(gzip.compress(document, compresslevel=4, mtime=0))


def _events(trace: TraceData, host: Host, kernels: Kernels) -> Iterator[str]:
    events = trace.events
    for row, start, end in zip(
        host.rows.tolist(), host.start.tolist(), host.end.tolist(), strict=True
    ):
        kind, inputs = Kind(int(events.kind[row])), int(events.inputs[row])
        yield _event(
            _CATEGORIES[kind],
            trace.names[events.name[row]],
            trace.threads[events.thread[row]],
            start,
            end - start,
            _inputs(trace.inputs[inputs]) if inputs >= 0 else "",
        )
    numbers = range(1, len(kernels.row) + 1)
    times = (one.tolist() for one in (kernels.launch, kernels.start, kernels.duration))
    for number, row, name, launch, start, duration in zip(
        numbers, kernels.row.tolist(), kernels.name, *times, strict=True
    ):
        thread = trace.threads[events.thread[row]]
        link = f'"correlation": {number}'
        yield _event("cuda_runtime", "cudaLaunchKernel", thread, launch, 1, link)
        on_device = f'"device": 0, "stream": {_STREAM}, {link}'
        yield _event("kernel", name, (0, _STREAM), start, duration, on_device)


def _event(
    category: str, name: str, thread: Sequence[Any], start: int, duration: int, args: str
) -> str:
    pid, tid = (json.dumps(_number(one)) for one in thread)
    return (
        f'{{"ph": "X", "cat": "{category}", "name": {json.dumps(name)}, "pid": {pid}, "tid": {tid}, '
        f'"ts": {microseconds_text(start)}, "dur": {microseconds_text(duration)}, "args": {{{args}}}}}'
    )


def _number(identity: Any) -> Any:
    text = str(identity)
    return int(text) if text.isdecimal() else text


def _inputs(text: str) -> str:
    """The arguments that hold an op's inputs, which are JSON as they are."""
    parts = text.split(INPUTS_BORDER)
    return ", ".join(
        f'"{key}": {part or "[]"}' for key, part in zip(_INPUT_KEYS, parts, strict=True)
    )
