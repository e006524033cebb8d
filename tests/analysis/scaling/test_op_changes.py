"""Ops inside a class that change with the size: planted changes are found and named, noise is not."""

import pandas as pd
import pytest

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.scaling.op_changes import changed_ops, op_changes, op_sentence

ROLES = {"net.0": "attention", "net.1": "attention", "net.2": "MLP"}
SIZES = (1, 8)


def table(rows: list[tuple[str, str, dict[int, list[float]]]]) -> pd.DataFrame:
    """Of path, op and the time per unit at each size in ms, by round."""
    made = [
        (size, round_, path, op, time * size * 1e6)
        for path, op, times in rows
        for size, values in times.items()
        for round_, time in enumerate(values)
    ]
    return pd.DataFrame(made, columns=["size", "round", "path", "op", "time_ns"])


def test_layers_of_a_class_are_added_up() -> None:
    found = op_changes(
        table(
            [
                ("net.0", "aten::bmm", {1: [2.0] * 4, 8: [3.0] * 4}),
                ("net.1", "aten::bmm", {1: [2.0] * 4, 8: [5.0] * 4}),
                ("net.2", "aten::addmm", {1: [1.0] * 4, 8: [1.0] * 4}),
            ]
        ),
        ROLES,
    )
    first = found.iloc[0]
    assert (first["role"], first["op"]) == ("attention", "aten::bmm")
    assert (first["unit_ns_smallest"], first["unit_ns_largest"]) == (4e6, 8e6)
    assert (first["ratio"], first["ratio_low"]) == pytest.approx((2.0, 2.0))
    assert changed_ops(found)["op"].tolist() == ["aten::bmm"]


def test_noise_is_no_cause() -> None:
    noisy = {1: [2.0, 3.0, 1.5, 2.2], 8: [2.5, 1.9, 2.8, 2.1]}
    assert changed_ops(op_changes(table([("net.0", "aten::bmm", noisy)]), ROLES)).empty


def test_ops_of_hardly_any_time_are_no_cause() -> None:
    rows = [
        ("net.0", "aten::bmm", {1: [2.0] * 4, 8: [2.0] * 4}),
        ("net.0", "aten::add", {1: [0.02] * 4, 8: [0.04] * 4}),
    ]
    assert changed_ops(op_changes(table(rows), ROLES)).empty


def test_an_exchanged_kernel_is_named_with_its_sizes() -> None:
    rows = [
        ("net.0", "gemm_64x64", {1: [2.0] * 4}),
        ("net.0", "gemm_128x128", {8: [1.0] * 4}),
    ]
    found = op_changes(table(rows), ROLES)
    assert op_sentence(found, ["attention"], SIZES, BATCH_SIZE) == (
        "In attention, gemm_64x64 runs at batch 1 only (2.00 ms per image); in attention, "
        "gemm_128x128 runs at batch 8 only (1.00 ms per image)."
    )


def test_a_sentence_says_from_what_to_what() -> None:
    rows = [("net.0", "aten::softmax", {1: [2.0] * 4, 8: [3.0] * 4})]
    assert op_sentence(op_changes(table(rows), ROLES), ["attention"], SIZES, BATCH_SIZE) == (
        "In attention, aten::softmax takes 3.00 ms per image at batch 8 instead of 2.00 ms at batch 1."
    )


def test_nothing_changed_is_nothing_said() -> None:
    rows = [("net.0", "aten::bmm", {1: [2.0] * 4, 8: [2.0] * 4})]
    assert op_sentence(op_changes(table(rows), ROLES), ["attention"], SIZES, BATCH_SIZE) == ""
    assert op_changes(table([("net.0", "aten::bmm", {1: [2.0]})]), ROLES).empty
