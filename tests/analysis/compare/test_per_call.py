"""Sums of a trace as means of its calls."""

import pytest

from samprof.analysis.compare.per_call import CallsOf, calls_in, per_call
from tests.report.tables import trace_layers

# Three calls of the net, six of its block; 900 of 1000 ns are inside the net.
ROWS = [("net", 0, 900, 300), ("net.block", 1, 600, 600), ("(outside)", 0, 100, 100)]


def test_the_layer_around_most_of_the_time_is_counted() -> None:
    layers = trace_layers(ROWS).assign(calls=[3, 6, 0])
    assert calls_in(layers, "device") == CallsOf("net", 3)
    assert calls_in(layers, "cpu") == CallsOf("net", 3)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("(outside)", 0, 100, 100)],
        [("first", 0, 500, 500), ("second", 0, 500, 500)],  # none holds more than half
    ],
)
def test_without_such_a_layer_the_trace_is_taken_whole(
    rows: list[tuple[str, int, int, int]],
) -> None:
    calls = [0 if path == "(outside)" else 2 for path, *_ in rows]
    assert calls_in(trace_layers(rows).assign(calls=calls), "device") == CallsOf("", 1)


def test_the_means_add_up_as_the_sums_do() -> None:
    layers = trace_layers(ROWS).assign(calls=[3, 6, 0], memory_peak_bytes=[8, 4, 0])
    means = per_call(layers, 3)
    assert means["calls"].tolist() == [1, 2, 0]
    assert means["device_total_ns"].tolist() == [300, 200, pytest.approx(100 / 3)]
    assert means["device_self_ns"].sum() == pytest.approx(layers["device_self_ns"].sum() / 3)
    assert means["memory_peak_bytes"].tolist() == [8, 4, 0]
