"""Any bytes, any JSON and damaged real traces: a trace or one error, nothing lost without a word."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samprof.errors import SamprofError
from samprof.trace import Trace, load_trace
from samprof.trace.model.events import ABSENT, Kind
from samprof.trace.read import scan
from samprof.trace.read.split import split_list
from tests.support.paths import SHARED_TRACES
from tests.support.reference_events import MODULE, SAMPROF, Events, sort_into
from tests.support.tracefile import Layout, TraceFile

SMALL_BYTES = 10_000
"""Of the shared traces those that are smaller, as they are stored, are damaged here."""
RANGE = 2**62  # of times, in nanoseconds

deterministic = settings(derandomize=True, deadline=None, max_examples=100)

# What JSON may hold, with texts that look like its borders.
texts = st.text(alphabet='{}[],:"\\ \nax\x01\x7fé😀', max_size=12)
numbers = st.integers() | st.floats() | st.sampled_from([2**63, -(2**63), 2**64, 0])
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
blanks = st.text(alphabet=" \t\r\n", max_size=3)

# What an event may hold: the usual most of the time, else anything.
host = ["cpu_op", "user_annotation", "python_function", "cuda_runtime", "fwdbwd", "Trace", None]
device = ["Kernel", "gpu_memcpy", "gpu_user_annotation", "cpu_instant_event"]
categories = st.sampled_from([*host, *device])
names = st.sampled_from(
    ["aten::mm", "samprof:net", "nn.Module: A", "ProfilerStep#1", "cudaLaunchKernel", "[memory]"]
)
small = st.integers(0, 20)
times = st.integers(-50, 50) | st.integers(0, 50).map(lambda n: n / 8)
arguments = st.fixed_dictionaries(
    {},
    optional={
        "correlation": small | values,
        "device": small | values,
        "stream": small | values,
        "Sequence number": small | values,
        "Fwd thread id": small | values,
        "Bytes": small | values,
        "Total Allocated": small | values,
        "Device Id": small | values,
        "Device Type": small | values,
    },
)
keys = {
    "ph": st.sampled_from("XXXsfiM") | texts,
    "cat": categories | texts,
    "name": names | texts,
    "pid": small | scalars,
    "tid": small | scalars,
    "ts": times | times | values,
    "dur": times | times | values,
    "id": small | values,
    "args": arguments | arguments | values,
}
event_likes = st.fixed_dictionaries({}, optional=keys) | st.fixed_dictionaries(keys)
documents = st.fixed_dictionaries(
    {"traceEvents": st.lists(event_likes | event_likes | values, max_size=6)},
    optional={"x": values, "samprof": values, "distributedInfo": values},
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz") / "trace.json"


def outcome(path: Path, content: bytes) -> Trace | SamprofError:
    path.write_bytes(content)
    try:
        return load_trace(path)
    except SamprofError as error:
        return error


def assert_sums_agree(trace: Trace) -> None:
    """The check of the trace, which crashes never, finds no sum that disagrees."""
    check = trace.check()
    assert check.attributed_ns + check.outside_ns + check.no_launch_ns == check.total_ns
    own = trace.layers()[f"{trace.time_source}_self_ns"]
    assert own.sum() == check.total_ns
    assert (own >= 0).all()
    wrong = [note for note in check.notes if re.search(r"sum to|roots hold|above", note)]
    assert wrong == []


# Any bytes, any JSON


@given(content=st.binary(), before=st.sampled_from([b"", b'{"traceEvents": [', b"[", b"\x1f\x8b"]))
@settings(deterministic, max_examples=300)
def test_any_bytes_are_a_trace_or_an_error(path: Path, content: bytes, before: bytes) -> None:
    found = outcome(path, before + content)
    if isinstance(found, Trace):
        assert_sums_agree(found)


@given(value=values)
@deterministic
def test_any_json_is_a_trace_or_an_error(path: Path, value: Any) -> None:
    found = outcome(path, json.dumps(value).encode())
    assert isinstance(found, Trace) == isinstance(value, list)


@given(document=documents, ascii_only=st.booleans(), indent=st.none() | st.integers(0, 1))
@settings(deterministic, max_examples=150)
def test_any_events_are_read_or_counted(
    path: Path, document: Any, ascii_only: bool, indent: int | None
) -> None:
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    trace = outcome(path, text.encode())
    assert isinstance(trace, Trace)
    assert_holds_the_events(trace, text)
    assert_sums_agree(trace)


# The plain reading

Reading = tuple[Any, ...]
WHAT = {
    Kind.OP: "op",
    Kind.RANGE: "samprof",
    Kind.ANNOTATION: "annotation",
    Kind.MODULE: "module",
    Kind.RUNTIME: "launch",
    Kind.KERNEL: "activity",
    Kind.MEMCPY: "activity",
    Kind.MEMSET: "activity",
    Kind.FLOW_FORWARD: "forward",
    Kind.FLOW_BACKWARD: "backward",
}
ENTERED = {"cpu_op", "operator", "user_annotation"}
DEVICE = {"kernel", "gpu_memcpy", "gpu_memset", "memcpy", "memset"}
WHOLE_NUMBERS = ("correlation", "device", "stream", "Sequence number", "Fwd thread id")


def readings_of(trace: Trace) -> Counter[Reading]:
    """What the package made of the events."""
    events = trace.events
    found: Counter[Reading] = Counter()
    columns = (events.kind, events.name, events.thread, events.ts, events.dur, events.link)
    for kind, name, thread, ts, dur, link in zip(*(c.tolist() for c in columns), strict=True):
        what = WHAT[kind]
        label = trace.names[name]
        if what == "samprof":
            label = label.removeprefix(SAMPROF)
        elif what == "module":
            label = label.removeprefix(MODULE)
        number = None if link == ABSENT else link
        if what in ("forward", "backward"):
            found[what, trace.threads[thread], ts, number] += 1
        elif what in ("activity", "launch"):
            found[what, label, ts, dur, number] += 1
        else:
            found[what, label, trace.threads[thread], ts, dur] += 1
    return found


def reading_of(event: dict[str, Any]) -> Reading | None:
    """What the plain reading makes of an event; None: nothing that attribution needs."""
    events = Events()
    sort_into(events, event)
    for activity in events.activities:
        times_of = (activity.start, activity.duration)
        return "activity", activity.name, *times_of, activity.correlation
    for correlation, (span,) in events.launches.items():
        return "launch", span.name, span.start, span.end - span.start, correlation
    for by in ("op", "samprof", "annotation", "module"):
        for span in events.ranges[by]:  # type: ignore[index]
            thread = (str(span.thread[0]), span.thread[1])
            return by, span.name, thread, span.start, span.end - span.start
    for number, ((pid, tid), ts) in events.forward_ends.items():
        return "forward", (str(pid), tid), ts, number
    for (pid, tid), ts, number in events.backward_ends:
        return "backward", (str(pid), tid), ts, number
    return None


def is_usual(event: Any) -> bool:
    """Whether it is an event as Kineto writes them, so that there are no two ways to read it."""
    if not isinstance(event, dict):
        return False
    phase, category, name = (event.get(key, "") for key in ("ph", "cat", "name"))
    args = event.get("args", {})
    return (
        phase != ""
        and all(isinstance(text, str) and text.isprintable() for text in (phase, category, name))
        and all(type(event.get(key, 0)) in (int, str) for key in ("pid", "tid"))
        and is_time(event.get("ts"))
        and (phase != "X" or (is_time(event.get("dur")) and event["dur"] >= 0))
        and isinstance(args, dict)
        and all(is_whole(args.get(key, 0)) for key in WHOLE_NUMBERS)
        and (phase not in ("s", "f") or is_whole(event.get("id")))
    )


def is_whole(value: Any) -> bool:
    return type(value) is int and -(2**63) < value < 2**63


def is_time(value: Any) -> bool:
    if type(value) not in (int, Decimal) or not Decimal(value).is_finite():
        return False
    ns = Decimal(value) * 1000
    return abs(ns) < RANGE and ns == ns.to_integral_value()


def is_needed(event: Any) -> bool:
    """Whether attribution would need the event, were it usual: then it must not go in silence."""
    if not isinstance(event, dict):
        return True
    category = str(event.get("cat", "")).lower()
    if category == "python_function":
        return event.get("ph") == "X" and str(event.get("name", "")).startswith(MODULE)
    known = category in ENTERED | DEVICE or "runtime" in category or "driver" in category
    return known and event.get("ph") == "X"


def assert_holds_the_events(trace: Trace, text: str) -> None:
    """The trace holds the usual events as they are, and of the odd ones each or a count of it."""
    events = json.loads(text, strict=False, parse_float=Decimal)["traceEvents"]
    usual = [event for event in events if is_usual(event)]
    odd = [event for event in events if not is_usual(event)]
    expected = Counter(filter(None, map(reading_of, usual)))
    found = readings_of(trace)
    assert expected - found == Counter()
    more = (found - expected).total()
    assert more <= len(odd)
    assert more + passed_over(trace) >= sum(map(is_needed, odd))
    if not odd:
        assert [note for note in trace.notes if note[0].isdecimal()] == []


def passed_over(trace: Trace) -> int:
    """How many events are missing, by the notes."""
    notes = " ".join(trace.notes)
    return sum(map(int, re.findall(r"(\d+) events? (?:not an event|without a time)", notes)))


# Damaged real traces


def hand_made() -> TraceFile:
    """A trace with one of everything that attribution knows."""
    file = TraceFile(metadata={"schemaVersion": 1, "samprof": recorded()})
    file.step(1, 0, 90_000)
    file.range("net", 0, 80_000)
    file.range("net.a", 10_000, 20_500, cat="user_annotation")
    file.module("Net_0", 0, 80_000)
    file.op("aten::mm", 11_000, 5_001, sequence=1)
    file.op("MmBackward0", 50_000, 9_000, 2, sequence=1, forward_thread=1)
    file.flow(3, forward=(11_000, 1), backward=(50_000, 2))
    for correlation, (ts, thread) in enumerate([(12_000, 1), (51_000, 2), (95_000, 1)], 1):
        file.launch(correlation, ts, 1_000, thread)
        file.kernel(correlation, ts + 20_000, 7_000 + correlation)
    file.kernel(9, 120_000, 4_000, cat="gpu_memcpy", name="Memcpy HtoD")
    file.memory(12_500, 512, 1024)
    file.gpu_annotation("samprof:net", 30_000, 60_000)
    return file


def recorded() -> dict[str, Any]:
    return {
        "roots": ["net"],
        "modules": {"net": ["Net", ""], "net.a": ["Linear", "MLP"]},
        "functions": {"f()": "softmax"},
        "inner_ops": {"net.a": {"aten::mm": ["scores"]}},
    }


def small_shared() -> dict[str, bytes]:
    """The text of the small shared traces, where they are."""
    found = {}
    for trace in sorted(SHARED_TRACES.glob("*.json*")):
        if trace.stat().st_size < SMALL_BYTES and trace.name != "expected.json":
            data = trace.read_bytes()
            found[trace.name] = gzip.decompress(data) if trace.suffix == ".gz" else data
    return found


def originals(folder: Path) -> dict[str, bytes]:
    made = {
        layout: hand_made().write(folder / "made.json", layout=layout).read_bytes()
        for layout in LAYOUTS
    }
    return made | small_shared()


TOKENS = (b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"}, {", b"0", b"9", b"-", b".", b"e")
TOKENS += (b"null", b"\x00", b"\n", b"\xff", b'"traceEvents": [', b'"ts": ', b"]}")


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The content after one to three accidents."""
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(len(content) - 1, 0)))
        begin, end = content[:place], content[place:]
        length = draw(st.sampled_from([1, 1, 2, 5, 100, 1000]))
        accident = draw(st.sampled_from(["flip", "delete", "insert", "repeat", "cut"]))
        if accident == "flip":
            content = begin + bytes(byte ^ (1 << length % 8) for byte in end[:1]) + end[1:]
        elif accident == "delete":
            content = begin + end[length:]
        elif accident == "insert":
            content = begin + draw(st.sampled_from(TOKENS)) + end
        elif accident == "repeat":
            content = begin + end[:length] + end
        elif draw(st.booleans()):
            content = begin
    return content


def is_document(text: str) -> bool:
    """Whether it is JSON with a list of events."""
    try:
        document = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and isinstance(document.get("traceEvents"), list)


LAYOUTS: tuple[Layout, ...] = ("one-line", "event-lines", "indented")
ORIGINALS = [*LAYOUTS, *small_shared()]


@pytest.mark.parametrize("name", ORIGINALS)
@given(data=st.data())
@deterministic
def test_a_damaged_trace_is_read_counted_or_refused(
    path: Path, name: str, data: st.DataObject
) -> None:
    content = data.draw(damaged(originals(path.parent)[name]))
    trace = outcome(path, content)
    text = content.decode("utf-8", "replace")
    if is_document(text):
        assert isinstance(trace, Trace)
        if "another traceEvents list was skipped" not in trace.notes:
            assert_holds_the_events(trace, text)
    if isinstance(trace, Trace):
        assert_sums_agree(trace)


@pytest.mark.parametrize("name", ORIGINALS)
@given(data=st.data())
@settings(deterministic, max_examples=50)
def test_a_damaged_gzip_file_is_read_the_same_or_refused(
    path: Path, name: str, data: st.DataObject
) -> None:
    whole = originals(path.parent)[name]
    trace = outcome(path, data.draw(damaged(gzip.compress(whole, mtime=0))))
    if isinstance(trace, Trace):
        assert_holds_the_events(trace, whole.decode())
        assert_sums_agree(trace)


# Where events end


def written(elements: Iterable[Any], data: st.DataObject) -> str:
    """A JSON list of the elements, with any blanks around them."""
    form: dict[str, Any] = {
        "ensure_ascii": data.draw(st.booleans()),
        "separators": data.draw(st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t")])),
    }
    around = [
        data.draw(blanks) + json.dumps(element, **form) + data.draw(blanks) for element in elements
    ]
    return f"[{','.join(around) or data.draw(blanks)}]"


def same(one: Any, other: Any) -> bool:
    """Equality of JSON values; not a number equals itself, and 1 is not 1.0."""
    return repr(one) == repr(other)


@given(elements=st.lists(values, max_size=6), after=st.binary(max_size=5), data=st.data())
@settings(deterministic, max_examples=300)
def test_a_list_is_split_as_json_reads_it(
    elements: list[Any], after: bytes, data: st.DataObject
) -> None:
    text = written(elements, data).encode()[1:]
    split = split_list(text + after)
    assert (split.rest, split.after) == (b"", after)
    assert same(list(map(json.loads, split.elements)), json.loads(b"[" + text))
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    begun = split_list(cut)
    assert begun.after is None
    assert begun.elements == split.elements[: len(begun.elements)]
    assert cut.endswith(begun.rest)


@given(document=documents, size=st.integers(1, 200), data=st.data())
@settings(deterministic, max_examples=80)
def test_the_size_of_the_pieces_does_not_matter(
    path: Path, document: Any, size: int, data: st.DataObject
) -> None:
    events = written(document.pop("traceEvents") * 4, data)
    keys = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in document.items()]
    place = data.draw(st.integers(0, len(keys)))
    keys.insert(place, f'"traceEvents": {events}')
    content = f"{{{', '.join(keys)}}}".encode()
    whole = outcome(path, content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan, "PIECE_BYTES", size)
        patch.setattr(scan, "_SPLIT_BYTES", 4 * size)
        in_pieces = outcome(path, content)
    assert contents(in_pieces) == contents(whole)


def contents(trace: Trace | SamprofError) -> tuple[Any, ...]:
    assert isinstance(trace, Trace)
    columns = [
        getattr(table, name).tolist()
        for table in (trace.events, trace.allocations)
        for name in table.dtypes()
    ]
    return columns, trace.names, trace.threads, repr(trace.metadata), trace.notes
