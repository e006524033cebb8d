"""The events that every forward repeats: ops, allocations, runtime calls and device activities."""

import re

from samprof.testing.kineto.fields import (
    DEVICE_PID,
    PID,
    TIME,
    escaped,
    flow_event,
    named,
    thread_id,
)
from samprof.testing.kineto.template import ForwardTemplate
from samprof.testing.schedule import Schedule

_CALLBACK_IDS = {"cudaMemcpyAsync": 41, "cudaStreamSynchronize": 131, "cudaLaunchKernel": 211}
_DRIVER = re.compile("cu[A-Z]")


def ops_template(plan: Schedule, thread: int, *, backward: bool) -> ForwardTemplate:
    """Ranges and ops of one thread, with the flow events between forward and backward."""
    template = ForwardTemplate(plan, thread, marks_steps=thread == 0 and not backward)
    sources = {event.source for event in plan.events}
    tid = thread_id(thread, backward=backward)
    flow = '"cat": "fwdbwd", "name": "fwdbwd"'
    for number, event in enumerate(plan.events):
        if event.backward != backward or event.call.category != "cpu_op":
            continue
        sequence = ""
        cells = [*template.enter(number), *template.lasts(number), template.number(number)]
        if event.call.grad or event.source is not None:
            sequence = f'"Sequence number": %d, "Fwd thread id": {int(backward)}, '
            cells.append(template.number(number if event.source is None else event.source))
        template.add(
            f'    "ph": "X", "cat": "cpu_op", {named(event.call.name, PID, tid)},\n'
            f'    "ts": {TIME}, "dur": {TIME},\n    "args": {{\n'
            f'      "External id": %d,{sequence}"Record function id": 0, '
            f'{escaped(event.call.inputs)}"Ev Idx": %d\n    }}',
            *cells,
            template.number(number),
        )
        if number in sources:
            template.add(
                flow_event("s", PID, tid, flow), template.number(number), *template.enter(number)
            )
        if event.source is not None:
            flow_end = f'{flow}, "bp": "e"'
            template.add(
                flow_event("f", PID, tid, flow_end),
                template.number(event.source),
                *template.enter(number),
            )
    return template


def memory_template(plan: Schedule, thread: int) -> ForwardTemplate:
    """Allocator events."""
    template = ForwardTemplate(plan, thread)
    for place, change in enumerate(plan.memory):
        template.add(
            f'    "ph": "i", "cat": "cpu_instant_event", "s": "t", "name": "[memory]",\n'
            f'    "pid": {PID}, "tid": {thread_id(thread, backward=change.backward)},\n'
            f'    "ts": {TIME},\n    "args": {{\n      "Total Reserved": 2147483648, '
            f'"Total Allocated": %d, "Bytes": {change.size}, "Device Id": 0, '
            f'"Device Type": 1, "Addr": {0x7F0000000000 + 512 * change.event}, "Ev Idx": %d\n    }}',
            *template.changed(place),
            template.total(place),
            template.number(change.event),
        )
    return template


def device_template(plan: Schedule, thread: int) -> ForwardTemplate:
    """Runtime calls, each after the device activities that it launched, with the flow events between."""
    template = ForwardTemplate(plan, thread)
    launched: dict[int, list[int]] = {}
    for activity, (_, launch) in enumerate(plan.activities):
        launched.setdefault(launch, []).append(activity)
    flow = '"cat": "ac2g", "name": "ac2g"'
    for number, event in enumerate(plan.events):
        if event.call.category != "cuda_runtime":
            continue
        for activity in launched.get(number, []):
            _add_activity(template, plan, activity, event.op)
            stream = plan.activities[activity][0].stream + 100 * thread
            flow_end = flow_event("f", DEVICE_PID, stream, f'{flow}, "bp": "e"')
            template.add(
                flow_end, template.number(number), *template.start(activity), activity=activity
            )
        if number in plan.hidden:
            continue
        tid = thread_id(thread, backward=event.backward)
        category = "cuda_driver" if _DRIVER.match(event.call.name) else "cuda_runtime"
        template.add(
            f'    "ph": "X", "cat": "{category}", {named(event.call.name, PID, tid)},\n'
            f'    "ts": {TIME}, "dur": {TIME},\n    "args": {{\n      "External id": %d,      '
            f'"cbid": {_CALLBACK_IDS.get(event.call.name, 317)}, "correlation": %d\n    }}',
            *template.enter(number),
            *template.lasts(number),
            template.number(event.op),
            template.number(number),
        )
        template.add(
            flow_event("s", PID, tid, flow), template.number(number), *template.enter(number)
        )
    return template


def _add_activity(template: ForwardTemplate, plan: Schedule, number: int, op: int) -> None:
    activity, launch = plan.activities[number]
    stream = activity.stream + 100 * template.thread
    queued = '"queued": 0, ' if activity.category == "kernel" else ""
    node = "" if activity.node is None else f'"graph node id": {activity.node},      '
    template.add(
        f'    "ph": "X", "cat": "{activity.category}", {named(activity.name, DEVICE_PID, stream)},\n'
        f'    "ts": {TIME}, "dur": {TIME},\n    "args": {{\n      "External id": %d,      {queued}'
        f'"device": {DEVICE_PID}, "context": 1,      "stream": {stream}, "correlation": %d,      '
        f"{node}{escaped(activity.shape)}\n    }}",
        *template.start(number),
        *template.busy(number),
        template.number(op),
        template.number(launch),
        activity=number,
    )
