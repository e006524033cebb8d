"""Real traces of others compared: the sums of both files, and what compiling changed."""

import json

import pandas as pd
import pytest

import samprof
from samprof.trace import load_trace
from tests.support.paths import NO_SHARED_TRACES, SHARED_TRACES

PAIRS = (
    ("sam-fast-amg-eager-fp32-a100", "sam-fast-amg-compiled-graphs-a100"),
    ("sam-fast-amg-a100", "sam-fast-amg-1024x1-a100"),
    ("alexnet-a100", "resnet-train-mi300-modules"),
    ("vit-h100-modules", "eager-b200-modules"),
    ("resnet-ddp-v100-ns", "minitoy-train-mi250"),
)

pytestmark = pytest.mark.skipif(
    not (SHARED_TRACES / "expected.json").exists(), reason=NO_SHARED_TRACES
)


def compared(a: str, b: str, **options: object) -> pd.DataFrame:
    traces = (load_trace(SHARED_TRACES / f"{name}.json.gz") for name in (a, b))
    return samprof.compare(*traces, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("pair", PAIRS)
def test_the_sums_of_both_sides_are_those_of_the_files(pair: tuple[str, str]) -> None:
    expected = json.loads((SHARED_TRACES / "expected.json").read_text())
    table = compared(*pair)
    for side, name in zip("ab", pair, strict=True):
        assert table[f"{side}_self_ns"].sum() == expected[f"{name}.json.gz"]["device_ns"]


def test_compiling_replaced_ops_by_regions_and_kernels_by_fused_ones() -> None:
    table = compared(*PAIRS[0])
    said = "\n".join(table.attrs["notes"])
    assert "Matched by op, because A has user annotations, B has no layers" in said
    assert "The dtype of matrix products differs: float32 in A, bfloat16 in B." in said
    rows = table.set_index("path")
    assert table["path"].tolist()[:3] == [
        "aten::addmm",
        "aten::_efficient_attention_forward",
        "Torch-Compiled Region",
    ]
    assert rows.loc["Torch-Compiled Region", "change"] == "only in b"
    assert "+480 triton__0d1d2d3d" in rows.loc["Torch-Compiled Region", "kernels"]
    assert "-132 ampere_sgemm_128x64_tn" in rows.loc["aten::addmm", "kernels"]
    # By op the rows are all there is: nothing is in two of them.
    assert table["a_ns"].sum() == table["a_self_ns"].sum()
    assert table["b_ns"].sum() == table["b_self_ns"].sum()


def test_annotations_of_one_side_are_rows_of_it_when_compared_with_itself() -> None:
    table = compared(PAIRS[0][0], PAIRS[0][0])
    assert "Matched by user annotations: 20 layers in both." in "\n".join(table.attrs["notes"])
    assert (table["difference_ns"] == 0).all()
    assert table["depth"].max() == 3
