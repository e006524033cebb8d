"""What the metadata says of a compiled graph, and which rows its kernels belong to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samprof.trace.model.provenance import HOW, Around, Graph, around_of, graph_of
from tests.support.compiled import INSIDE, KERNELS, KEY, LAYERS, MODULES, recorded

NET = Around("net", INSIDE, MODULES)


def test_a_graph_is_what_was_noted() -> None:
    graph = graph_of(recorded(), KEY)
    assert graph.why == ""
    assert graph.layers == tuple((path, kind) for path, kind in LAYERS)
    assert graph.kernels == tuple((name, tuple(places)) for name, places in KERNELS)


def test_an_unknown_graph_says_how_to_know_it() -> None:
    assert graph_of(recorded(), "another").why == HOW
    assert graph_of({}, KEY).why == HOW
    assert graph_of({"compiled_why": "torch 2.0 cannot tell"}, KEY).why == "torch 2.0 cannot tell"
    assert graph_of({"compiled": {KEY: {"why": "it was not compiled"}}}, KEY).why == (
        "it was not compiled"
    )


@pytest.mark.parametrize(
    "noted",
    [
        {},
        [],
        3,
        "text",
        {"layers": LAYERS},
        {"layers": [["a"]], "kernels": []},
        {"layers": [["a", 1]], "kernels": []},
        {"layers": LAYERS, "kernels": [["k", [4]]]},
        {"layers": LAYERS, "kernels": [["k", [-1]]]},
        {"layers": LAYERS, "kernels": [["k", [True]]]},
        {"layers": LAYERS, "kernels": [["k", ["0"]]]},
        {"layers": LAYERS, "kernels": [[None, [0]]]},
        {"layers": LAYERS, "kernels": [["k", 0]]},
        {"layers": None, "kernels": None},
    ],
)
def test_a_damaged_note_is_no_graph(noted: Any) -> None:
    assert "damaged" in graph_of({"compiled": {KEY: noted}}, KEY).why


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["layers", "kernels", "why", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(_JSON)
def test_any_note_gives_a_graph_or_a_reason(noted: Any) -> None:
    graph = graph_of({"compiled": {KEY: noted}}, KEY)
    assert all(0 <= place < len(graph.layers) for _, places in graph.kernels for place in places)


def test_a_kernel_of_one_layer_belongs_to_it() -> None:
    assert NET.chain(["blocks.0.norm"]).rows == ("net.blocks.0", "net.blocks.0.norm")
    assert NET.chain(["blocks.0.norm"]).shared is None
    assert NET.chain([""]).rows == ()


def test_a_kernel_of_several_is_a_row_below_what_is_around_them() -> None:
    chain = NET.chain(["blocks.0.norm", "head"])
    assert chain.rows == ("net.blocks.0.norm + head",)
    assert chain.shared is not None
    assert chain.shared.around == "net"
    assert chain.shared.layers == ("net.blocks.0.norm", "net.head")


def test_a_layer_and_what_is_inside_of_it_share_a_row_below_the_layer() -> None:
    chain = NET.chain(["blocks.0", "blocks.0.norm"])
    assert chain.rows == ("net.blocks.0", "net.blocks.0.(self) + norm")


def test_layers_without_rows_count_as_what_is_around_them() -> None:
    coarse = Around("net", INSIDE, {"net": ["", ""], "net.blocks.0": ["", ""]})
    assert coarse.chain(["blocks.0", "blocks.0.norm"]).rows == ("net.blocks.0",)
    assert coarse.chain(["head"]).rows == ()
    assert coarse.chain(["head", "blocks.0.norm"]).rows == ("net.(self) + blocks.0",)


def test_too_many_layers_to_name_belong_to_what_is_around_them() -> None:
    paths = [f"part.{number}" for number in range(17)]
    rows = {"net": 0, "net.part": 0} | {f"net.{path}": 0 for path in paths}
    around = Around("net", {}, rows)
    assert around.chain(paths).rows == ("net.part",)
    assert around.chain(paths[:16]).rows[-1].count(" + ") == 15


@given(st.lists(st.sampled_from([*INSIDE, ""]), min_size=1, max_size=5))
def test_the_row_of_several_is_never_that_of_one(layers: list[str]) -> None:
    chain = NET.chain(layers)
    named = {NET.chain([layer]).rows for layer in layers}
    if len(named) == 1:
        assert chain.rows in named
        return
    assert chain.shared is not None
    assert chain.rows[-1] not in MODULES
    assert all(row in MODULES for row in chain.rows[:-1])
    assert all(
        one == chain.shared.around or one.startswith(f"{chain.shared.around}.")
        for one in chain.shared.layers
    )


def test_a_graph_of_other_modules_does_not_fit() -> None:
    assert NET.is_of(graph_of(recorded(), KEY))
    assert not NET.is_of(Graph((("blocks.1", "Block"),)))
    assert not NET.is_of(Graph((("blocks.0", "Linear"),)))


def test_only_compiled_modules_are_known() -> None:
    assert around_of(recorded(), "net") == NET
    assert around_of(recorded(), "net.head") is None
    assert around_of({}, "net") is None
    assert around_of({"inside": {"net": 3}, "modules": {}}, "net") is None
