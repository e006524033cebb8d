"""How variants of one size compare, part by part and as a whole."""

import numpy as np
import pandas as pd
import pytest

from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.analysis.verdict.modes import component_speedups, mode_sentences

TABLE = pd.DataFrame({"component": ["encoder", "decoder", "NMS"], "share": [0.7, 0.25, 0.05]})


def test_components_have_the_interval_of_their_processes() -> None:
    rng = np.random.default_rng(3)
    noise = np.exp(0.05 * rng.standard_normal((2, 6)))
    first = pd.DataFrame([[100.0] * 6, [50.0] * 6], index=["encoder", "decoder"]) * noise
    other = pd.DataFrame([[50.0] * 6, [50.0] * 6], index=["encoder", "decoder"]) * noise[::-1]
    table = component_speedups(first, other).set_index("component")
    for name, truth in (("encoder", 2.0), ("decoder", 1.0), ("whole", 1.5)):
        row = table.loc[name]
        assert row["speedup_low"] < truth < row["speedup_high"]
        assert row["speedup"] == pytest.approx(truth, rel=0.1)


def test_what_runs_in_one_variant_alone_has_no_speedup() -> None:
    first, other = (pd.DataFrame([[1.0, 1.0]], index=[name]) for name in ("PyTorch", "onnxruntime"))
    table = component_speedups(first, other).set_index("component")
    assert table.loc[["PyTorch", "onnxruntime"], "speedup"].isna().all()
    assert table.loc["whole", "speedup"] == 1.0


def test_one_process_has_no_interval() -> None:
    one = pd.DataFrame([[1.0]], index=["encoder"])
    assert component_speedups(one, one)["speedup_low"].isna().all()


@pytest.mark.parametrize(
    ("walls", "words"),
    [
        ([20.0, 20.0], "At batch 4, batched runs at 0.50x the throughput of one-by-one"),
        ([5.0, 20.0], "At batch 4, batched is as fast as one-by-one as far as can be told: 1.00x"),
        ([20.0], "At batch 4, batched and one-by-one are not compared: one process"),
    ],
)
def test_a_workload_says_which_mode_is_faster_and_where_time_goes(
    walls: list[float], words: str
) -> None:
    times = {"one-by-one": [10.0, 10.0][: len(walls)], "batched": walls}
    said = mode_sentences(times, {"batched": TABLE}, 4, BATCH_SIZE)
    assert said[0].startswith(words)
    assert said[1] == "Host time of batched: encoder 70%, decoder 25%."
