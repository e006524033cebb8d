"""What is around the events of the forwards: the head of the file, the steps, the closing events."""

import json
from collections.abc import Iterator

from samprof.testing.kineto.fields import DEVICE_PID, PID, thread_id, time_text
from samprof.testing.timing import Step


def head() -> str:
    """The text before the events."""
    device = {
        "id": DEVICE_PID,
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
    """The annotation of a step: on the host, or over the device activities that it launched."""
    category, place = "user_annotation", f'"pid": {PID}, "tid": {PID}'
    start, end, index = step.start, step.end, f',"Record function id": 0, "Ev Idx": {step.number}'
    if on_device:
        category, place, index = "gpu_user_annotation", f'"pid": {DEVICE_PID}, "tid": 7', ""
        shown = [(one.start[one.kept], one.busy[one.kept]) for one in step.forwards]
        start = min(int(begin.min(initial=step.end)) for begin, _ in shown)
        end = max(int((begin + busy).max(initial=start)) for begin, busy in shown)
    return (
        f'  {{\n    "ph": "X", "cat": "{category}", "name": "ProfilerStep#{step.number}", {place},\n'
        f'    "ts": {time_text(start)}, "dur": {time_text(end - start)},\n'
        f'    "args": {{\n      "External id": {step.number + 1}{index}\n    }}\n  }},\n'
    )


def closing(start: int, end: int, threads: int) -> Iterator[str]:
    """The events at the end of a file: names of processes and threads, the span of the recording."""
    start -= 100_000
    at = f'"ts": {time_text(start)}'
    for pid, label in ((PID, "CPU"), (DEVICE_PID, "GPU 0")):
        for key, value in {"name": "python", "labels": label, "sort_index": pid}.items():
            yield _metadata(f"process_{key}", f'{at}, "pid": {pid}, "tid": 0', key, value)
    for thread in range(threads):
        tid = thread_id(thread, backward=False)
        name = f"thread {tid} (python)"
        yield _metadata("thread_name", f'{at}, "pid": {PID}, "tid": {tid}', "name", name)
    yield (
        f'    "ph": "X", "cat": "Trace", {at}, "dur": {time_text(end - start)},\n'
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
        f'    "pid": "", "tid": "", "ts": {time_text(end)}'
    )


def _metadata(name: str, place: str, key: str, value: object) -> str:
    args = f'"args": {{\n      "{key}": {json.dumps(value)}\n    }}'
    return f'    "name": "{name}", "ph": "M", {place},\n    {args}'
