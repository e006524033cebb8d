"""Names of variants: parts, canonical names, tolerances."""

import pytest

from samprof.errors import UsageError
from samprof.sam.catalogue import VARIANTS
from samprof.sam.model.variant_names import (
    canonical,
    captures,
    holds_memory,
    parse,
    splits_by_layer,
    tolerance,
)
from tests.sam.model.encoders import one_line


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("eager", ()),
        ("eager+eager", ()),
        ("bf16", ("bf16",)),
        ("bf16+bf16", ("bf16",)),
        ("eager+fp16", ("fp16",)),
        ("sdpa+bf16", ("bf16", "sdpa")),
        (" sdpa + bf16 ", ("bf16", "sdpa")),
        ("channels-last+compile+sdpa", ("sdpa", "compile", "channels-last")),
        ("channels-last+cudagraph+eager+fp16", ("fp16", "cudagraph", "channels-last")),
    ],
)
def test_a_name_has_its_parts_once_and_in_order(name: str, parts: tuple[str, ...]) -> None:
    assert parse(name) == parts
    assert canonical(name) == ("+".join(parts) or "eager")
    assert parse(canonical(name)) == parts


@pytest.mark.parametrize("name", VARIANTS)
def test_every_name_is_its_own_canonical_name(name: str) -> None:
    assert canonical(name) == name


@pytest.mark.parametrize(
    ("name", "part"),
    [("int8", "int8"), ("bf16+int8", "int8"), ("", ""), ("bf16+", ""), ("BF16", "BF16")],
)
def test_an_unknown_part_names_the_known_ones(name: str, part: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(name)
    assert one_line(caught) == (
        f"variant: {name!r}: unknown part {part!r}; use one of eager, bf16, fp16, sdpa, compile, "
        "cudagraph, channels-last, or several joined by +"
    )


def test_parts_that_exclude_each_other() -> None:
    with pytest.raises(UsageError) as caught:
        parse("fp16+sdpa+bf16")
    assert one_line(caught) == (
        "variant: fp16+sdpa+bf16: bf16 and fp16 exclude each other; use one"
    )
    with pytest.raises(UsageError) as caught:
        parse("compile+cudagraph")
    assert one_line(caught) == (
        "variant: compile+cudagraph: compile and cudagraph exclude each other; "
        "use one; compile has its own CUDA graphs (mode reduce-overhead)"
    )


def test_what_is_one_region_is_not_split() -> None:
    assert [name for name in VARIANTS if not splits_by_layer(name)] == ["cudagraph"]
    assert splits_by_layer("bf16+sdpa+channels-last")
    assert splits_by_layer("bf16+compile")


def test_the_tolerance_is_that_of_the_coarsest_part() -> None:
    of_dtype = {"bf16": tolerance("bf16"), "fp16": tolerance("fp16")}
    assert tolerance("eager") < of_dtype["fp16"] < of_dtype["bf16"]
    for name in ["sdpa", "compile", "cudagraph", "channels-last"]:
        assert tolerance(name) == tolerance("eager")
        for dtype, expected in of_dtype.items():
            assert tolerance(f"{dtype}+{name}") == expected


def test_only_a_graph_that_samprof_captures_holds_memory_that_is_not_counted() -> None:
    graphs = {name for name in VARIANTS if "cudagraph" in name}
    assert graphs
    assert {name for name in VARIANTS if holds_memory(name)} == graphs
    assert {name for name in VARIANTS if captures(name)} == graphs
