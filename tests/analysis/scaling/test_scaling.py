"""The scaling table on hand-made layers."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samprof.analysis.scaling.scaling import by_role, role_labels, scaling_table, times_by_size

SIZES = (1, 2, 4)
Time = Callable[[int], float]
# root: half of its time in a block, which spends all of it in attention and MLP.
TREE: list[tuple[str, int, str, Time, Time]] = [
    # path, depth, role, total, self
    ("enc", 0, "image encoder", lambda b: 100 + 100 * b, lambda b: 100.0),
    ("enc.block", 1, "window block", lambda b: 100 * b, lambda b: 0.0),
    ("enc.block.attn", 2, "window attention", lambda b: 75 * b, lambda b: 75 * b),
    ("enc.block.mlp", 2, "MLP", lambda b: 25 * b, lambda b: 25 * b),
]


def layers(rounds: int = 3, sizes: tuple[int, ...] = SIZES) -> pd.DataFrame:
    rows = [
        {
            "path": path,
            "depth": depth,
            "type": "",
            "role": role,
            "time_source": "cpu",
            "variant": "eager",
            "size": size,
            "round": place,
            "process": place,
            "state": "",
            "repeat": 0,
            "step": 0,
            "calls": 1,
            "time_ns": total(size),
            "self_ns": own(size),
        }
        for size in sizes
        for place in range(rounds)
        for path, depth, role, total, own in TREE
    ]
    return pd.DataFrame(rows)


def points(sizes: tuple[int, ...] = SIZES, oom: tuple[int, ...] = ()) -> pd.DataFrame:
    rows = [
        {
            "size": b,
            "variant": "eager",
            "status": "ok",
            "peak_memory_bytes": b * 2**20,
            "profiler_overhead": 1.02,
        }
        for b in sizes
    ]
    rows += [{"size": b, "variant": "eager", "status": "oom"} for b in oom]
    return pd.DataFrame(rows)


def wall(times: Mapping[int, Sequence[float]]) -> pd.DataFrame:
    """Wall times of one batch by size, in the order of the rounds."""
    rows = [(size, place, time) for size, some in times.items() for place, time in enumerate(some)]
    return pd.DataFrame(rows, columns=["size", "round", "wall_ns"])


def noisy(sizes: tuple[int, ...], times: Mapping[str, Time], rounds: int = 6) -> pd.DataFrame:
    """Rows with 1 % of noise between processes, two repeats each."""
    rng = np.random.default_rng(14)
    rows = [
        (path, 0, size, number, number, repeat, time(size) * factor)
        for path, time in times.items()
        for size in sizes
        for number, factor in enumerate(np.exp(0.01 * rng.standard_normal(rounds)))
        for repeat in range(2)
    ]
    names = ["path", "depth", "size", "round", "process", "repeat", "time_ns"]
    return pd.DataFrame(rows, columns=names)


def test_the_table_gives_times_speedups_fits_and_classes() -> None:
    table = scaling_table(layers()).set_index("path")
    root = table.loc["enc"]
    # Time per image at batch 1 over that at batch 4: 200 / 125.
    assert (root["unit_ns_smallest"], root["unit_ns_largest"]) == (200, 125)
    assert root["speedup"] == pytest.approx(1.6)
    assert (root["speedup_low"], root["speedup_high"]) == pytest.approx((1.6, 1.6))
    assert (root["fixed_ns"], root["per_unit_ns"]) == pytest.approx((100.0, 100.0))
    assert table["class"].tolist() == ["gains", "same", "same", "same"]
    assert table.loc["enc.block.mlp", "exponent"] == pytest.approx(1.0)
    assert set(table["note"]) == {""}


def test_laws_and_steps_are_told_apart() -> None:
    table = scaling_table(
        noisy(
            (1, 2, 4, 8),
            {
                "per call": lambda b: 1000,
                "per image": lambda b: 1000 * b,
                "both": lambda b: 1000 + 1000 * b,
                "power": lambda b: 1000 * b**1.5,
                "step at 4": lambda b: 1000 * b * (2 if b >= 4 else 1),
                "step down at 2": lambda b: 1000 * b * (0.5 if b >= 2 else 1),
                "two steps": lambda b: 1000 * b * {1: 1, 2: 2, 4: 2, 8: 4}[b],
            },
        )
    ).set_index("path")
    assert table["class"].tolist() == ["gains", "same", "gains"] + ["loses"] * 2 + [
        "gains",
        "loses",
    ]
    assert table["step_at"].dropna().to_dict() == {"step at 4": 4, "step down at 2": 2}
    lines = table["fixed_ns"].notna()
    assert lines[lines].index.tolist() == ["per call", "per image", "both"]
    assert table.loc["both", ["fixed_ns", "per_unit_ns"]].tolist() == pytest.approx(
        [1000, 1000], rel=0.02
    )
    exponents = table["exponent"].dropna()
    assert exponents.to_dict() == pytest.approx(
        {"per call": 0.0, "per image": 1.0, "power": 1.5}, abs=0.02
    )
    known = table.loc[exponents.index]
    assert ((known["exponent_low"] < exponents) & (known["exponent_high"] > exponents)).all()


def test_twenty_planted_truths_are_classified_right() -> None:
    """Spins per call and per image, a step at 4, at the noise of a quiet machine."""
    truth: dict[str, tuple[Time, str]] = {
        "call": (lambda b: 5000, "gains"),
        "image": (lambda b: 5000 * b, "same"),
        "step": (lambda b: 5000 * b * (1.5 if b >= 4 else 1), "loses"),
        "pages": (lambda b: 5000 * b * b**0.3, "loses"),
    }
    times = {f"{name} {place}": time for place in range(20) for name, (time, _) in truth.items()}
    table = scaling_table(noisy((1, 2, 4, 8), times)).set_index("path")
    expected = [truth[path.split()[0]][1] for path in table.index]
    assert table["class"].tolist() == expected
    steps = table["step_at"].dropna()
    assert steps.index.str.startswith("step").sum() == 20
    assert set(steps) == {4}


def test_the_columns_are_the_same_whatever_the_sizes() -> None:
    names = ["path", "depth", "type", "role", "time_source", "unit_ns_smallest", "unit_ns_largest"]
    names += ["speedup", "speedup_low", "speedup_high", "class", "step_at", "fixed_ns"]
    names += ["per_unit_ns", "exponent", "exponent_low", "exponent_high", "bound", "note"]
    for sizes in ((1,), SIZES):
        table = scaling_table(layers(sizes=sizes))
        assert list(table) == names
        assert table["step_at"].dtype == "Int64"
        assert table["step_at"].isna().all()


def test_times_have_one_row_per_path_and_size() -> None:
    times = times_by_size(layers())
    names = ["path", "depth", "role", "size", "time_ns", "unit_ns"]
    assert list(times) == [*names, "speedup", "speedup_low", "speedup_high"]
    assert len(times) == len(TREE) * len(SIZES)
    root = times[times["path"] == "enc"]
    assert root["size"].tolist() == [1, 2, 4]
    assert root["role"].tolist() == ["image encoder"] * 3
    assert root["time_ns"].tolist() == [200, 300, 500]
    assert root["unit_ns"].tolist() == [200, 150, 125]
    # Time per image at batch 1 over that at b: 200/200, 200/150, 200/125.
    assert root["speedup"].tolist() == pytest.approx([1.0, 4 / 3, 1.6])


def test_the_interval_of_a_speedup_comes_from_the_processes() -> None:
    data = layers(rounds=4)
    data, root = data.astype({"time_ns": float}), data["path"] == "enc"
    # Times per image at batch 4 of 125 / f ns: the speed-up is 1.6 f, with f = e^-0.1, 1, 1, e^0.1.
    factor = np.exp(np.array([-0.1, 0.0, 0.0, 0.1]))
    data.loc[root & (data["size"] == 4), "time_ns"] = 500 / factor
    row = scaling_table(data).set_index("path").loc["enc"]
    # The logs have a standard deviation of 0.1 sqrt(2/3), a standard error of half of that; t with 3
    # degrees of freedom is 3.1824.
    half = 3.1824 * 0.1 * (2 / 3) ** 0.5 / 2
    assert row["speedup"] == pytest.approx(1.6)
    assert row["speedup_low"] == pytest.approx(1.6 * np.exp(-half), rel=1e-4)
    assert row["speedup_high"] == pytest.approx(1.6 * np.exp(half), rel=1e-4)
    by_size = times_by_size(data)
    last = by_size[(by_size["path"] == "enc") & (by_size["size"] == 4)].iloc[0]
    names = ["speedup", "speedup_low", "speedup_high"]
    assert last[names].tolist() == row[names].tolist()
    alone = scaling_table(layers(rounds=1))
    assert alone["speedup_low"].isna().all()
    assert alone["speedup_high"].isna().all()
    assert set(alone["class"]) == {"undecided"}


def test_repeats_of_a_process_are_one_number() -> None:
    once = layers(rounds=3)
    slow = once.assign(repeat=1, time_ns=once["time_ns"] * 10)
    thrice = pd.concat([once, once.assign(repeat=2), slow], ignore_index=True)
    assert scaling_table(thrice).equals(scaling_table(once))


def test_a_layer_that_is_missing_at_a_size_took_no_time_there() -> None:
    data = layers()
    data = data[(data["path"] != "enc.block.mlp") | (data["size"] == 1)]
    row = scaling_table(data).set_index("path").loc["enc.block.mlp"]
    assert (row["unit_ns_smallest"], row["unit_ns_largest"]) == (25, 0)
    assert np.isnan(row["speedup"])
    assert row["class"] == "undecided"


def test_a_wide_row_says_so() -> None:
    data = layers(rounds=4)
    data.loc[(data["path"] == "enc.block.mlp") & (data["round"] >= 2), "time_ns"] *= 2
    table = scaling_table(data).set_index("path")
    # Processes of 1, 1, 2, 2 times the time: quartiles 1 and 2, median 1.5.
    assert table.loc["enc.block.mlp", "note"] == "wide: interquartile range 67%"
    assert table.loc["enc.block.attn", "note"] == ""


def test_one_batch_size_has_no_growth() -> None:
    table = scaling_table(layers(sizes=(2,)))
    assert set(table["class"]) == {"undecided"}
    assert table["exponent"].isna().all()


def test_roles_partition_the_time_of_the_whole() -> None:
    roles = by_role(layers())
    for (size, process), part in roles.groupby(["size", "process"]):
        assert part["time_ns"].sum() == 100 + 100 * size, process
    assert set(roles["path"]) == {
        "rest of image encoder",
        "rest of window block",
        "window attention",
        "MLP",
    }


def test_containers_without_a_role_go_by_their_path() -> None:
    rows = [("net", "Net"), ("net.0", "Sequential"), ("net.1", "Conv2d")]
    table = pd.DataFrame(rows, columns=["path", "type"]).assign(role="", depth=[0, 1, 1])
    assert role_labels(table) == {
        "net": "rest of Net",
        "net.0": "net.0",  # the type says nothing
        "net.1": "Conv2d",
    }


@given(factor=st.integers(2, 1000))
@settings(max_examples=20)
def test_scaling_does_not_depend_on_the_unit_of_time(factor: int) -> None:
    data = layers()
    slower = data.assign(time_ns=data["time_ns"] * factor)
    table, other = scaling_table(data), scaling_table(slower)
    assert table["class"].tolist() == other["class"].tolist()
    assert other["speedup"].tolist() == pytest.approx(table["speedup"].tolist())
    assert other["per_unit_ns"].tolist() == pytest.approx((table["per_unit_ns"] * factor).tolist())


@pytest.mark.parametrize(
    ("rounds", "sizes", "laws"), [(1, (1, 2), 0), (2, (1, 2), 1), (1, (1, 2, 4), 1)]
)
def test_two_sizes_of_one_process_show_no_law(
    rounds: int, sizes: tuple[int, ...], laws: int
) -> None:
    table = scaling_table(layers(rounds, sizes)).set_index("path")
    assert int(np.isfinite(table.loc["enc", "fixed_ns"])) == laws
    assert int(np.isfinite(table.loc["enc.block", "exponent"])) == laws
