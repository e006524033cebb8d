"""What limits a layer class, and what optimising it could give."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from samprof.analysis.device.roofline import Roof, roofline
from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.scaling.scaling import by_role
from samprof.analysis.verdict.blame import Blame
from samprof.analysis.verdict.potential import potential
from samprof.analysis.verdict.verdict import Verdict
from samprof.analysis.verdict.why import explained

ROOF = Roof(flops_per_s=1e12, bytes_per_s=1e11)
IMAGES = BATCH_SIZE
VERDICT = Verdict(
    best_size=4,
    speedup=1.0,
    speedup_low=1.0,
    speedup_high=1.0,
    claim="no gain",
    units_per_s=5.0,
    blame=("MLP",),
    blame_details=(Blame("MLP", 0.7, 1.0, 0.98, 1.02, 4),),
    reason="b.",
    remedy="",
    sentences=("a.", "b.", "c.", "d."),
)


def role(path: str = "MLP", **values: Any) -> dict[str, Any]:
    """One class of 1 ms: 100 MFLOP and 10 MB, a tenth of both peaks."""
    row = {"path": path, "depth": 0, "role": path, "type": "", "time_source": "device", "size": 4}
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
        ({}, "MLP is near neither peak (10% of the FLOPs, 10% of the bytes per second)"),
        ({"launch_gap_ns": 3_000_000, "device_gap_ns": 3_000_000}, "waits for its launches 75%"),
        ({"device_gap_ns": 4_000_000}, "MLP leaves the device idle 80% of the time"),
    ],
)
def test_each_bound_has_its_words(values: dict[str, int], words: str) -> None:
    found = told(VERDICT, of(role(**values)))
    assert words in found.sentences[3]
    assert found.sentences[4].startswith("At batch 4, optimise the MLP first")
    assert found.sentences[:3] == ("a.", "b.", "c.")
    assert found.sentences[5:] == ("d.",)
    assert found.blame_details[0].bound


def test_without_peaks_it_says_how_to_get_them() -> None:
    assert "samprof doctor" in str(told(VERDICT, of(role(), roof=None), None))


def test_without_shapes_or_blame_nothing_is_added() -> None:
    assert told(VERDICT, roofline(pd.DataFrame({"path": ["MLP"]}), ROOF)) == VERDICT
    nobody = replace(VERDICT, blame=(), blame_details=())
    assert told(nobody, of(role())).blame_details == ()


def test_the_op_cost_of_a_class_is_that_of_its_layers_alone() -> None:
    keys = {
        "size": 1,
        "variant": "eager",
        "round": 0,
        "process": 0,
        "state": "",
        "repeat": 0,
        "step": 1,
        "time_source": "cpu",
        "calls": 1,
    }
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


def test_the_host_is_no_layers_fault() -> None:
    paged = replace(VERDICT, blame=(), blame_details=(), remedy="preload another allocator")
    assert told(paged, of(role())).sentences == paged.sentences


def test_without_a_clean_answer_nothing_is_added() -> None:
    unknown = replace(VERDICT, speedup=float("nan"), claim="undecided")
    assert told(unknown, of(role())) == unknown


def test_classes_far_from_both_peaks_are_told_together() -> None:
    both = replace(VERDICT, blame=("MLP", "norm"), blame_details=())
    found = told(both, of(role(), role("norm", bytes=20_000_000)))
    assert found.sentences[3] == (
        "At batch 4, MLP and norm are near neither peak (at most 10% of the FLOPs, 20% of the bytes per "
        "second): their kernels do not use the device."
    )
