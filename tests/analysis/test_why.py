"""Why a class does not gain, and what optimising it could give."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from samprof.analysis.axis import AXES
from samprof.analysis.potential import potential, potential_sentence
from samprof.analysis.roofline import Roof, roofline
from samprof.analysis.scaling import by_role
from samprof.analysis.verdict import Blame, Verdict
from samprof.analysis.why import explained

ROOF = Roof(flops_per_s=1e12, bytes_per_s=1e11)
IMAGES = AXES["batch-size"]
VERDICT = Verdict(
    4, 1.0, 1.0, 1.0, 5.0, ("MLP",), (Blame("MLP", 0.7, 1.0),), "r", ("a.", "b.", "c.")
)


def role(path: str = "MLP", **values: Any) -> dict[str, Any]:
    """One class of 1 ms: 100 MFLOP and 10 MB, a tenth of both peaks."""
    row = {"path": path, "depth": 0, "role": path, "type": "", "clock": "device", "batch_size": 4}
    row |= {"time_ns": 1_000_000, "flops": 100_000_000, "bytes": 10_000_000}
    return row | {"ops_without_formula": 0, "device_gap_ns": 0, "launch_gap_ns": 0, **values}


def of(*rows: dict[str, Any], roof: Roof | None = ROOF) -> pd.DataFrame:
    return roofline(pd.DataFrame(rows), roof)


def told(verdict: Verdict, rows: pd.DataFrame, roof: Roof | None = ROOF) -> Verdict:
    return explained(verdict, rows, potential(rows, roof, 4), roof, IMAGES)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"flops": 800_000_000}, "MLP computes at 80% of the peak"),
        ({"bytes": 60_000_000}, "MLP moves memory at 60% of the peak"),
        ({}, "MLP is near neither peak (10% of the FLOPs, 10% of the bytes a second)"),
        ({"launch_gap_ns": 3_000_000, "device_gap_ns": 3_000_000}, "waits for its launches 75%"),
        ({"device_gap_ns": 4_000_000}, "MLP leaves the device idle 80% of the time"),
    ],
)
def test_each_bound_has_its_words(values: dict[str, int], words: str) -> None:
    found = told(VERDICT, of(role(**values)))
    assert words in found.sentences[2]
    assert found.sentences[3].startswith("Optimise the MLP first")
    assert found.sentences[:2] == ("a.", "b.")
    assert found.sentences[4:] == ("c.",)
    assert found.blame_details[0].bound


def test_without_peaks_it_says_how_to_get_them() -> None:
    assert "samprof doctor" in str(told(VERDICT, of(role(), roof=None), None))


def test_without_shapes_or_blame_nothing_is_added() -> None:
    assert told(VERDICT, roofline(pd.DataFrame({"path": ["MLP"]}), ROOF)) == VERDICT
    nobody = replace(VERDICT, blame=(), blame_details=())
    assert told(nobody, of(role())).blame_details == ()


def test_a_class_could_gain_what_amdahl_says() -> None:
    # 6 and 2 ms: without the first the whole is 4 times as fast. At the roof it takes
    # 100 MFLOP / 1 TFLOP/s = 0.1 ms: 8 / (2 + 0.1).
    rows = of(role(time_ns=6_000_000), role("norm", time_ns=2_000_000))
    table = potential(rows, ROOF, 4).set_index("role")
    assert table.loc["MLP", ["share", "most_gain"]].tolist() == [0.75, 4.0]
    assert table.loc["MLP", "roof_ns"] == pytest.approx(100_000)
    assert table.loc["MLP", "roof_gain"] == pytest.approx(8 / 2.1)
    text = potential_sentence(potential(rows, ROOF, 4), ROOF, IMAGES)
    assert text.startswith("Optimise the MLP first: without its 75% of an image's time")
    assert text.endswith("the MLP would give 3.81 times.")


def test_unknown_work_has_no_roof() -> None:
    table = potential(of(role(ops_without_formula=1)), ROOF, 4)
    assert table["roof_gain"].isna().all()
    assert potential_sentence(table, ROOF, IMAGES).endswith("it is all of an image's time.")
    two = potential(of(role(), role("norm"), roof=None), None, 4)
    assert potential_sentence(two, None, IMAGES).endswith(
        "2.00 times as high; more it cannot give."
    )
    assert potential_sentence(table.head(0), ROOF, IMAGES) == ""


def test_the_work_of_a_class_is_that_of_its_layers_alone() -> None:
    keys = {"batch_size": 1, "variant": "eager", "repeat": 0, "step": 1, "clock": "cpu", "calls": 1}
    tree = [
        ("net", 0, "net", 100, 10, 1000),
        ("net.a", 1, "block", 60, 20, 600),
        ("net.a.x", 2, "MLP", 40, 40, 400),
        ("net.b", 1, "MLP", 30, 30, 300),
    ]
    layers = pd.DataFrame(
        [
            keys
            | {"path": path, "depth": depth, "role": name, "type": "", "flops": flops}
            | {"time_ns": total, "self_ns": own}
            for path, depth, name, total, own, flops in tree
        ]
    )
    table = by_role(layers).set_index("path")
    assert table["flops"].to_dict() == {"rest of net": 100, "rest of block": 200, "MLP": 700}
    assert table["time_ns"].to_dict() == {"rest of net": 10, "rest of block": 20, "MLP": 70}


def test_classes_far_from_both_peaks_are_told_together() -> None:
    both = replace(VERDICT, blame=("MLP", "norm"), blame_details=())
    found = told(both, of(role(), role("norm", bytes=20_000_000)))
    assert found.sentences[2] == (
        "MLP and norm are near neither peak (at most 10% of the FLOPs, 20% of the bytes a second): "
        "their kernels do not use the device."
    )
