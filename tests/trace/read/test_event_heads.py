"""Kind, name and thread of events, numbered once per distinct head."""

from samprof.trace.model.events import Kind
from samprof.trace.read.event_heads import EventHeads
from samprof.trace.read.event_schema import Event


def op(name: str, tid: int | str = 1) -> Event:
    return Event(ph="X", cat="cpu_op", name=name, pid=1, tid=tid)


def test_names_and_threads_are_numbered_in_order_of_appearance() -> None:
    names: dict[str, int] = {}
    threads: dict[tuple[str, str], int] = {}
    heads = EventHeads(names, threads)
    kind, name, thread = heads.columns([op("b"), op("a", 2), op("b", 2), op("b")])
    assert kind.tolist() == [Kind.OP] * 4
    assert (name.tolist(), list(names)) == ([0, 1, 0, 0], ["b", "a"])
    assert (thread.tolist(), list(threads)) == ([0, 1, 1, 0], [("1", "1"), ("1", "2")])
    # Three heads: (b, 1), (a, 2), (b, 2).
    assert len(heads) == 3


def test_an_event_that_attribution_does_not_need_adds_no_name() -> None:
    names: dict[str, int] = {}
    heads = EventHeads(names, {})
    kind, _, _ = heads.columns([Event(ph="M", name="process_name"), op("aten::mm")])
    assert kind.tolist() == [0, Kind.OP]
    assert names == {"aten::mm": 0}


def test_a_thread_as_text_and_as_number_is_one() -> None:
    threads: dict[tuple[str, str], int] = {}
    _, _, thread = EventHeads({}, threads).columns([op("a", 7), op("a", "7")])
    assert thread.tolist() == [0, 0]
    assert threads == {("1", "7"): 0}


def test_ops_with_a_formula_are_known_by_name() -> None:
    heads = EventHeads({}, {})
    _, name, _ = heads.columns([op("aten::mm"), op("mylib::special"), op("aten::add")])
    assert heads.has_inputs(name).tolist() == [True, False, True]
