"""Profilers that get in each other's way end in one line, never in a crash of the process."""

import pytest

from tests.record.process import Programs

START = """
import sys, threading
import samprof, torch
torch.set_num_threads(1)
net, x = torch.nn.Linear(2, 2), torch.ones(1, 2)
memory = sys.argv[1] == "memory"
CPU = [torch.profiler.ProfilerActivity.CPU]

def report(recording):
    try:
        print("calls", recording.layers().set_index("path")["calls"].to_dict())
    except samprof.SamprofError as error:
        print(type(error).__name__, error)

def torch_may_refuse(call):
    # Two profilers on one thread: torch raises RuntimeError in one of the two, which is its right.
    try:
        call()
    except RuntimeError:
        pass
"""
END = """
with samprof.profile(net, name="again") as recording:
    net(x)
report(recording)
"""
STARTED_INSIDE = """
def theirs():
    with torch.profiler.profile(activities=CPU):
        net(x)

with samprof.profile(net, name="net", memory=memory) as recording:
    net(x)
    torch_may_refuse(theirs)
    net(x)
report(recording)
"""
SCHEDULE_AROUND = """
box = []
def theirs():
    plan = torch.profiler.schedule(wait=1, warmup=1, active=2)
    with torch.profiler.profile(activities=CPU, schedule=plan) as profiler:
        with samprof.profile(net, name="net", memory=memory) as recording:
            box.append(recording)
            for _ in range(4):
                net(x)
                profiler.step()

torch_may_refuse(theirs)
report(box[0])
"""
WARMING_UP_AROUND = """
box = []
def theirs():
    plan = torch.profiler.schedule(wait=0, warmup=1, active=2)
    with torch.profiler.profile(activities=CPU, schedule=plan) as profiler:
        with samprof.profile(net, name="net", memory=memory) as recording:
            box.append(recording)
            for _ in range(4):
                net(x)
                profiler.step()

torch_may_refuse(theirs)
report(box[0])
"""
TWO_THREADS = """
second_is_in, first_is_out = threading.Event(), threading.Event()
box = []

def first():
    with samprof.profile(net, name="net", memory=memory) as recording:
        net(x)
        other.start()
        second_is_in.wait()
    first_is_out.set()
    box.append(recording)

def second():
    with samprof.profile(net, name="net", memory=memory) as recording:
        second_is_in.set()
        first_is_out.wait()
        net(x)
    box.append(recording)

other = threading.Thread(target=second)
one = threading.Thread(target=first)
one.start(); one.join(); other.join()
for recording in box:
    report(recording)
"""
LEFT_ELSEWHERE = """
profile = samprof.profile(net, name="net", memory=memory)
box = []
thread = threading.Thread(target=lambda: box.append(profile.__enter__()))
thread.start(); thread.join()
net(x)
profile.__exit__(None, None, None)
report(box[0])
"""


both_ways = pytest.mark.parametrize("memory", ["memory", "no memory"])


@both_ways
@pytest.mark.parametrize(
    "between", [STARTED_INSIDE, SCHEDULE_AROUND, WARMING_UP_AROUND], ids=["inside", "later", "warm"]
)
def test_a_torch_profiler_that_starts_inside_a_recording_does_not_crash(
    programs: Programs, between: str, memory: str
) -> None:
    outcome, again = programs.run(START + between + END, memory)
    assert outcome.startswith(("calls {'net': ", "RecordingError recording: trace: "))
    assert again == "calls {'again': 1, '(outside)': 0}"


@both_ways
def test_a_recording_that_a_thread_started_can_be_left_last_by_another(
    programs: Programs, memory: str
) -> None:
    *outcomes, again = programs.run(START + TWO_THREADS + END, memory)
    assert len(outcomes) == 2
    for outcome in outcomes:
        assert outcome.startswith(("calls {'net': 1, ", "RecordingError recording: trace: "))
    assert again == "calls {'again': 1, '(outside)': 0}"


@both_ways
def test_a_recording_entered_on_one_thread_can_be_left_on_another(
    programs: Programs, memory: str
) -> None:
    outcome, again = programs.run(START + LEFT_ELSEWHERE + END, memory)
    assert outcome.startswith(("calls {'net': 1, ", "RecordingError recording: trace: "))
    assert again == "calls {'again': 1, '(outside)': 0}"
