"""A thousand damaged traces: read as the plain reader reads them, or refused; and the finder finds."""

import json
import re
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from samprof.testing.fuzz import campaign as module
from samprof.testing.fuzz.campaign import campaign, originals
from samprof.testing.fuzz.mutate import mutated
from samprof.testing.fuzz.oracle import Sums, sums_of
from samprof.trace import Trace, load_trace
from tests.support.tracefile import TraceFile

CASES = 1000


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    return originals(tmp_path_factory.mktemp("originals"))


def test_a_thousand_damaged_traces_are_read_right_or_refused(
    events: list[list[Any]], tmp_path: Path
) -> None:
    ended, found = Counter[str](), []
    for outcome, finding in campaign(events, tmp_path / "t", seed=0, first=0, cases=CASES):
        ended[outcome] += 1
        found += [finding] if finding else []
    assert found == []
    assert set(ended) == {"read", "refused"}
    assert min(ended.values()) > CASES / 10


def test_the_same_seed_makes_the_same_file(events: list[list[Any]]) -> None:
    files = [mutated(events[0][:50], Random(seed)) for seed in (1, 1, 2)]
    assert files[0] == files[1] != files[2]


@pytest.mark.parametrize(
    "fault",
    [lambda durations: durations[1:], lambda durations: durations + 1],
    ids=["lost", "long"],
)
def test_a_reader_that_is_wrong_is_found(
    events: list[list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Any
) -> None:
    usual = Trace.kernels

    def kernels(self: Trace) -> Any:
        table = usual(self)
        return table.assign(dur_ns=fault(table["dur_ns"]))

    monkeypatch.setattr(Trace, "kernels", kernels)
    found = [one for _, one in campaign(events, tmp_path / "t", seed=0, first=0, cases=20) if one]
    assert any("instead of Sums(" in finding.what for finding in found)


def test_a_crash_is_found_with_its_traceback(
    events: list[list[Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "load_trace", lambda path: {}[path])
    ((outcome, finding),) = campaign(events, tmp_path / "t", seed=0, first=0, cases=1)
    assert outcome == "failed"
    assert finding is not None
    assert "KeyError" in finding.what


def test_the_plain_reader_sums_what_a_hand_made_trace_holds(tmp_path: Path) -> None:
    # Kernels of 3 ns and of 4.0005 us, which is rounded to even; a copy; two launches, one is lost.
    file = TraceFile()
    for correlation in (1, 2):
        file.launch(correlation, 10)
    file.kernel(1, 100, 3)
    file.kernel(9, 200, 7, cat="gpu_memcpy")
    content = file.write(tmp_path / "t.json").read_bytes()
    assert sums_of(content) == Sums(activities=2, device_ns=10, lost=1)
    odd = json.loads(content)["traceEvents"]
    odd[2] |= {"dur": 4.0005}
    odd[3] |= {"ts": "soon"}
    odd[0] |= {"args": {"correlation": "one"}}
    assert sums_of(json.dumps(odd).encode()) == Sums(activities=1, device_ns=4000, lost=None)


def test_a_launch_without_an_id_is_lost_for_both_readers(tmp_path: Path) -> None:
    # Case 21573 of seed 7: the plain reader paired a launch and a kernel that had lost their ids.
    file = TraceFile()
    file.launch(1, 10)
    file.kernel(2, 100, 3)
    events = [{**event, "args": {}} for event in file.events]
    path = tmp_path / "t.json"
    path.write_text(json.dumps({"traceEvents": events}))
    assert sums_of(path.read_bytes()) == Sums(activities=1, device_ns=3000, lost=1)
    assert load_trace(path).check().lost_records == 1


@pytest.mark.parametrize("number", ["9e999999999999999999", "1e-999999999999999999", "-1e400"])
def test_the_plain_reader_reads_numbers_of_any_size(tmp_path: Path, number: str) -> None:
    file = TraceFile()
    file.kernel(1, 100, 3)
    content = file.write(tmp_path / "t.json").read_text()
    start = re.search(r'"ts": ?[\d.]+', content)
    assert start is not None
    changed = content.replace(start[0], f'"ts": {number}')
    assert sums_of(changed.encode()) == Sums(
        int(number.startswith("1")), 3 * number.startswith("1"), 0
    )


@pytest.mark.parametrize("content", [b"", b"{", b'{"x": []}', b"7", b"\x1f\x8bx", b"[" * 100_000])
def test_the_plain_reader_refuses_what_is_no_trace(content: bytes) -> None:
    assert sums_of(content) is None
