"""The text of a trace, as Kineto lays it out.

The text of a forward is made once, with a place for every number that differs from one forward to the
next; writing a forward is then one string formatting.
"""

import json
import re
from collections.abc import Iterator

import numpy as np

from bench._schedule import Forward, Ints, Schedule, Step

PID = 1102
_DEVICE, _AUTOGRAD = 0, 100
_TIME = "%d.%03d"
_CALLBACK_IDS = {"cudaMemcpyAsync": 41, "cudaStreamSynchronize": 131, "cudaLaunchKernel": 211}
_DRIVER = re.compile("cu[A-Z]")


class Form:
    """The text of the events of a forward that stand together in the file.

    Attributes:
        thread: which thread's forwards it is for.
        marks_steps: the annotations of the steps stand among these events.
        events: how many there are where nothing is lost.
    """

    def __init__(self, plan: Schedule, thread: int, *, marks_steps: bool = False) -> None:
        self.thread = thread
        self.marks_steps = marks_steps
        self.events = 0
        self._text: list[str] = []
        self._cells: list[int] = []
        self._activity: list[int] = []
        self._of_text: list[int] = []
        hosts, activities, changes = len(plan.events), len(plan.work), len(plan.memory)
        pairs = [2 * many for many in (hosts, hosts, activities, activities, changes)]
        places: list[int] = np.cumsum([0, *pairs, changes]).tolist()
        self._enter, self._lasts, self._start, self._busy, self._changed = places[:5]
        self._total, self._number = places[5:]

    def add(self, text: str, *cells: int, activity: int = -1) -> None:
        """One more event; each `%d` of its text takes one of the cells.

        Args:
            text: of the event.
            cells: what it takes.
            activity: the device activity without which it is not there.
        """
        self._text.append(f"  {{\n{text}\n  }},\n")
        self._cells += cells
        self._activity.append(activity)
        self._of_text += [self.events] * len(cells)
        self.events += 1

    def enter(self, event: int) -> tuple[int, int]:
        """The cells of an event's beginning: microseconds, and the nanoseconds after the point."""
        return _pair(self._enter + 2 * event)

    def lasts(self, event: int) -> tuple[int, int]:
        return _pair(self._lasts + 2 * event)

    def start(self, activity: int) -> tuple[int, int]:
        return _pair(self._start + 2 * activity)

    def busy(self, activity: int) -> tuple[int, int]:
        return _pair(self._busy + 2 * activity)

    def changed(self, change: int) -> tuple[int, int]:
        return _pair(self._changed + 2 * change)

    def total(self, change: int) -> int:
        """The cell of what is allocated after a change."""
        return self._total + change

    def number(self, event: int) -> int:
        """The cell of an event's number, which serves as external id, correlation and flow id."""
        return self._number + event

    def fill(self, forward: Forward) -> tuple[str, int]:
        """The text for one forward, and the number of its events."""
        numbers = np.arange(forward.first, forward.first + len(forward.enter))
        times = (forward.enter, forward.lasts, forward.start, forward.busy, forward.changed)
        values = np.concatenate([*(_split(ns) for ns in times), forward.total, numbers])
        text, cells = self._text, np.array(self._cells)
        # What belongs to no activity has -1, which is the one more at the end.
        there = np.append(forward.kept, True)[self._activity]
        if not there.all():
            text = [one for one, is_there in zip(text, there.tolist(), strict=True) if is_there]
            cells = cells[there[self._of_text]]
        return "".join(text) % tuple(values[cells].tolist()), len(text)


def _pair(cell: int) -> tuple[int, int]:
    return cell, cell + 1


def _split(ns: Ints) -> Ints:
    return np.stack(np.divmod(ns, 1000), axis=1).ravel()


def ops_form(plan: Schedule, thread: int, *, backward: bool) -> Form:
    """Ranges and ops of one thread, with the flows between forward and backward."""
    form = Form(plan, thread, marks_steps=thread == 0 and not backward)
    sources = {event.source for event in plan.events}
    tid = _tid(thread, backward=backward)
    flow = '"cat": "fwdbwd", "name": "fwdbwd"'
    for number, event in enumerate(plan.events):
        if event.backward != backward or event.call.category != "cpu_op":
            continue
        sequence = ""
        cells = [*form.enter(number), *form.lasts(number), form.number(number)]
        if event.call.grad or event.source is not None:
            sequence = f'"Sequence number": %d, "Fwd thread id": {int(backward)}, '
            cells.append(form.number(number if event.source is None else event.source))
        form.add(
            f'    "ph": "X", "cat": "cpu_op", {_named(event.call.name, PID, tid)},\n'
            f'    "ts": {_TIME}, "dur": {_TIME},\n    "args": {{\n'
            f'      "External id": %d,{sequence}"Record function id": 0, '
            f'{_plain(event.call.inputs)}"Ev Idx": %d\n    }}',
            *cells,
            form.number(number),
        )
        if number in sources:
            form.add(_flow("s", PID, tid, flow), form.number(number), *form.enter(number))
        if event.source is not None:
            flow_end = f'{flow}, "bp": "e"'
            form.add(_flow("f", PID, tid, flow_end), form.number(event.source), *form.enter(number))
    return form


def memory_form(plan: Schedule, thread: int) -> Form:
    """Allocator events."""
    form = Form(plan, thread)
    for place, change in enumerate(plan.memory):
        form.add(
            f'    "ph": "i", "cat": "cpu_instant_event", "s": "t", "name": "[memory]",\n'
            f'    "pid": {PID}, "tid": {_tid(thread, backward=change.backward)},\n'
            f'    "ts": {_TIME},\n    "args": {{\n      "Total Reserved": 2147483648, '
            f'"Total Allocated": %d, "Bytes": {change.size}, "Device Id": 0, '
            f'"Device Type": 1, "Addr": {0x7F0000000000 + 512 * change.event}, "Ev Idx": %d\n    }}',
            *form.changed(place),
            form.total(place),
            form.number(change.event),
        )
    return form


def device_form(plan: Schedule, thread: int) -> Form:
    """Runtime calls, each after the device work that it launched, with the flows between them."""
    form = Form(plan, thread)
    launched: dict[int, list[int]] = {}
    for activity, (_, launch) in enumerate(plan.work):
        launched.setdefault(launch, []).append(activity)
    flow = '"cat": "ac2g", "name": "ac2g"'
    for number, event in enumerate(plan.events):
        if event.call.category != "cuda_runtime":
            continue
        for activity in launched.get(number, []):
            _add_activity(form, plan, activity, event.op)
            stream = plan.work[activity][0].stream + 100 * thread
            flow_end = _flow("f", _DEVICE, stream, f'{flow}, "bp": "e"')
            form.add(flow_end, form.number(number), *form.start(activity), activity=activity)
        if number in plan.hidden:
            continue
        tid = _tid(thread, backward=event.backward)
        category = "cuda_driver" if _DRIVER.match(event.call.name) else "cuda_runtime"
        form.add(
            f'    "ph": "X", "cat": "{category}", {_named(event.call.name, PID, tid)},\n'
            f'    "ts": {_TIME}, "dur": {_TIME},\n    "args": {{\n      "External id": %d,      '
            f'"cbid": {_CALLBACK_IDS.get(event.call.name, 317)}, "correlation": %d\n    }}',
            *form.enter(number),
            *form.lasts(number),
            form.number(event.op),
            form.number(number),
        )
        form.add(_flow("s", PID, tid, flow), form.number(number), *form.enter(number))
    return form


def _add_activity(form: Form, plan: Schedule, number: int, op: int) -> None:
    activity, launch = plan.work[number]
    stream = activity.stream + 100 * form.thread
    queued = '"queued": 0, ' if activity.category == "kernel" else ""
    form.add(
        f'    "ph": "X", "cat": "{activity.category}", {_named(activity.name, _DEVICE, stream)},\n'
        f'    "ts": {_TIME}, "dur": {_TIME},\n    "args": {{\n      "External id": %d,      {queued}'
        f'"device": {_DEVICE}, "context": 1,      "stream": {stream}, "correlation": %d,      '
        f"{_plain(activity.shape)}\n    }}",
        *form.start(number),
        *form.busy(number),
        form.number(op),
        form.number(launch),
        activity=number,
    )


def _tid(thread: int, *, backward: bool) -> int:
    return PID + thread + (_AUTOGRAD if backward else 0)


def _named(name: str, pid: int, tid: int) -> str:
    return f'"name": "{_plain(name)}", "pid": {pid}, "tid": {tid}'


def _plain(text: str) -> str:
    """Text that a `%` in it does not make a form of."""
    return text.replace("%", "%%")


def _flow(phase: str, pid: int, tid: int, rest: str) -> str:
    return f'    "ph": "{phase}", "id": %d, "pid": {pid}, "tid": {tid}, "ts": {_TIME},\n    {rest}'


def head() -> str:
    """What stands before the events."""
    device = {
        "id": _DEVICE,
        "name": "NVIDIA A100-SXM4-40GB",
        "totalGlobalMem": 42_481_549_312,
        "computeMajor": 8,
        "computeMinor": 0,
        "maxThreadsPerBlock": 1024,
        "maxThreadsPerMultiprocessor": 2048,
        "regsPerBlock": 65536,
        "regsPerMultiprocessor": 65536,
        "warpSize": 32,
        "sharedMemPerBlock": 49152,
        "sharedMemPerMultiprocessor": 167_936,
        "numSms": 108,
        "sharedMemPerBlockOptin": 166_912,
    }
    metadata = {
        "schemaVersion": 1,
        "deviceProperties": [device],
        "record_shapes": 1,
        "profile_memory": 1,
        "distributedInfo": {"backend": "nccl", "rank": 0, "world_size": 1},
        "trace_id": "094DFF9CD7781F8ADDEAFBA6A8855CA7",
        "displayTimeUnit": "ms",
        "baseTimeNanoseconds": 1_735_632_360_000_000_000,
    }
    lines = "".join(f'  "{key}": {json.dumps(value)},\n' for key, value in metadata.items())
    return f'\n{{\n{lines}  "traceEvents": [\n'


def step_text(step: Step, *, on_device: bool) -> str:
    """The annotation of a step: on the host, or over the device work that it launched."""
    category, place = "user_annotation", f'"pid": {PID}, "tid": {PID}'
    start, end, index = step.start, step.end, f',"Record function id": 0, "Ev Idx": {step.number}'
    if on_device:
        category, place, index = "gpu_user_annotation", f'"pid": {_DEVICE}, "tid": 7', ""
        shown = [(one.start[one.kept], one.busy[one.kept]) for one in step.forwards]
        start = min(int(begin.min(initial=step.end)) for begin, _ in shown)
        end = max(int((begin + busy).max(initial=start)) for begin, busy in shown)
    return (
        f'  {{\n    "ph": "X", "cat": "{category}", "name": "ProfilerStep#{step.number}", {place},\n'
        f'    "ts": {_text(start)}, "dur": {_text(end - start)},\n'
        f'    "args": {{\n      "External id": {step.number + 1}{index}\n    }}\n  }},\n'
    )


def _text(ns: int) -> str:
    return _TIME % divmod(ns, 1000)


def closing(start: int, end: int, threads: int) -> Iterator[str]:
    """The events that end a file: names of processes and threads, the span of the recording."""
    start -= 100_000
    at = f'"ts": {_text(start)}'
    for pid, label in ((PID, "CPU"), (_DEVICE, "GPU 0")):
        for key, value in {"name": "python", "labels": label, "sort_index": pid}.items():
            yield _metadata(f"process_{key}", f'{at}, "pid": {pid}, "tid": 0', key, value)
    for thread in range(threads):
        tid = _tid(thread, backward=False)
        name = f"thread {tid} (python)"
        yield _metadata("thread_name", f'{at}, "pid": {PID}, "tid": {tid}', "name", name)
    yield (
        f'    "ph": "X", "cat": "Trace", {at}, "dur": {_text(end - start)},\n'
        '    "pid": "Spans", "tid": "PyTorch Profiler",\n    "name": "PyTorch Profiler (0)",\n'
        '    "args": {\n      "Op count": 0\n    }'
    )
    spans = f'{at},\n    "pid": "Spans", "tid": 0'
    yield _metadata("process_sort_index", spans, "sort_index", 536_870_912)
    yield (
        '    "name": "Iteration Start: PyTorch Profiler", "ph": "i", "s": "g",\n'
        f'    "pid": "Traces", "tid": "Trace PyTorch Profiler", {at}'
    )
    yield (
        '    "name": "Record Window End", "ph": "i", "s": "g",\n'
        f'    "pid": "", "tid": "", "ts": {_text(end)}'
    )


def _metadata(name: str, place: str, key: str, value: object) -> str:
    args = f'"args": {{\n      "{key}": {json.dumps(value)}\n    }}'
    return f'    "name": "{name}", "ph": "M", {place},\n    {args}'
