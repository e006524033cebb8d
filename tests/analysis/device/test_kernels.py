"""Device activities, summed by kernel or one by one in the same columns."""

import pandas as pd

from samprof.analysis.device.kernels import activities_as_kernels, kernel_totals


def activities(*rows: tuple[str, str, int, str]) -> pd.DataFrame:
    """Each (name, kind, duration, owner)."""
    return pd.DataFrame(rows, columns=["name", "kind", "dur_ns", "owner"])


GIVEN = activities(
    ("gemm", "kernel", 30, "a"),
    ("copy", "memcpy", 100, "a"),
    ("gemm", "kernel", 40, "b"),
    ("gemm", "kernel", 30, "a"),
    ("add", "kernel", 100, "b"),
    ("copy", "kernel", 100, "c"),
)


def test_kernels_are_summed_by_name_and_kind_the_costliest_first() -> None:
    # In all 400: gemm 30 + 40 + 30 for a and b. Of equal sums the names are in order, and of equal
    # names the first in time: copy as memcpy, then as kernel.
    columns = ["name", "kind", "calls", "total_ns", "mean_ns", "share", "owners"]
    rows = [
        ("add", "kernel", 1, 100, 100.0, 0.25, 1),
        ("copy", "memcpy", 1, 100, 100.0, 0.25, 1),
        ("copy", "kernel", 1, 100, 100.0, 0.25, 1),
        ("gemm", "kernel", 3, 100, 100 / 3, 0.25, 2),
    ]
    pd.testing.assert_frame_equal(kernel_totals(GIVEN), pd.DataFrame(rows, columns=columns))


def test_a_costlier_kernel_is_before_an_alphabetically_earlier_one() -> None:
    table = kernel_totals(activities(("a", "kernel", 1, "x"), ("z", "kernel", 3, "x")))
    assert table["name"].tolist() == ["z", "a"]
    assert table["share"].tolist() == [0.75, 0.25]


def test_the_order_of_activities_does_not_change_the_sums() -> None:
    by_name = ["name", "kind"]
    reversed_ = kernel_totals(GIVEN[::-1]).sort_values(by_name, ignore_index=True)
    pd.testing.assert_frame_equal(
        reversed_, kernel_totals(GIVEN).sort_values(by_name, ignore_index=True)
    )


def test_single_activities_have_the_columns_of_the_sums_and_keep_their_order() -> None:
    single = activities_as_kernels(GIVEN)
    assert single.columns.tolist() == [*kernel_totals(GIVEN).columns, "owner"]
    assert single["owner"].tolist() == GIVEN["owner"].tolist()
    assert single["total_ns"].tolist() == single["mean_ns"].tolist() == GIVEN["dur_ns"].tolist()
    # 30, 100, 40, 30, 100 and 100 of 400.
    assert single["share"].tolist() == [0.075, 0.25, 0.1, 0.075, 0.25, 0.25]
    assert (set(single["calls"]), set(single["owners"])) == ({1}, {1})


def test_activities_of_no_length_have_no_share_and_none_are_no_rows() -> None:
    zero = activities(("gemm", "kernel", 0, "a"))
    assert kernel_totals(zero)["share"].tolist() == [0.0]
    assert activities_as_kernels(zero)["share"].tolist() == [0.0]
    assert len(kernel_totals(zero[:0])) == len(activities_as_kernels(zero[:0])) == 0
