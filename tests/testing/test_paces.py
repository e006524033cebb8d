"""What bounds a layer, in traces where it is known: the host, a pausing device, or its own ops."""

from pathlib import Path
from typing import Any

import pytest

from samprof.analysis.device.roofline import Roof, roofline
from samprof.testing import Pace, TraceOptions, Truth, write_trace
from samprof.trace import Trace, load_trace
from tests.support.generated import assert_op_costs_are_true, assert_times_are_true

# Above 20 operations per byte a layer is bound by compute: between a norm and a matrix product.
ROOF = Roof(flops_per_s=2e12, bytes_per_s=1e11)
SKEWS_NS = {"same clock": 0, "ahead": 6_000, "behind": -6_000}
# torch.utils.flop_counter, for the encoder of segment_anything's vit_b and one image of 1024 pixels.
ENCODER_FLOPS = 972_077_334_528
Made = tuple[Truth, Trace]


def made(folder: Path, pace: Pace, skew_ns: int = 0) -> Made:
    path = folder / "trace.json"
    truth = write_trace(path, 18_000, TraceOptions(pace=pace, skew_ns=skew_ns), seed=3, steps=2)
    return truth, load_trace(path)


def bounds(trace: Trace, roof: Roof | None) -> dict[str, Any]:
    layers = trace.layers("samprof")
    run = layers.assign(size=1, repeat=0, time_ns=layers["device_total_ns"])
    table = roofline(run[run["depth"] >= 0].query("flops > 0"), roof)
    return dict(zip(table["path"], table["bound"], strict=True))


@pytest.mark.parametrize("skew_ns", SKEWS_NS.values(), ids=SKEWS_NS)
@pytest.mark.parametrize("pace", ["launch", "idle"])
def test_every_layer_is_bound_by_what_the_device_waited_for(
    tmp_path: Path, pace: Pace, skew_ns: int
) -> None:
    truth, trace = made(tmp_path, pace, skew_ns)
    assert_times_are_true(trace, truth)
    assert bounds(trace, ROOF) == dict.fromkeys(truth.layers, pace)
    # What the device waited for is known without its peaks.
    assert bounds(trace, None) == dict.fromkeys(truth.layers, pace)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return made(tmp_path_factory.mktemp("busy"), "device")


def test_layers_of_a_busy_device_are_bound_by_compute_or_memory(busy: Made) -> None:
    truth, trace = busy
    assert_times_are_true(trace, truth)
    assert_op_costs_are_true(trace, truth)
    found = bounds(trace, ROOF)
    assert found == {
        path: "compute" if layer.flops >= 20 * layer.bytes else "memory"
        for path, layer in truth.layers.items()
    }
    # A norm reads and writes each element for 7 operations: 7 / 4 per byte in bfloat16.
    assert {found[path] for path in found if ".norm" in path} == {"memory"}
    # 2 * 768 * 3072 operations for each of 4096 tokens, and the weights read once: hundreds per byte.
    assert {found[path] for path in found if path.endswith(".mlp")} == {"compute"}
    assert set(bounds(trace, None).values()) == {"unknown"}


def test_layers_of_one_trace_change_their_bound_with_the_device(busy: Made) -> None:
    _, trace = busy
    assert set(bounds(trace, Roof(1e9, 1e18)).values()) == {"compute"}
    assert set(bounds(trace, Roof(1e18, 1e9)).values()) == {"memory"}


def test_the_waits_for_launches_are_all_gaps_before_kernels(tmp_path: Path) -> None:
    truth, trace = made(tmp_path, "launch")
    whole = truth.layers["image_encoder"]
    table = trace.kernels("samprof")
    delay = (table["ts_ns"] - table["launch_ts_ns"])[table["kind"] == "kernel"]
    assert set(delay) == {1_900}
    # The device runs for 3 us at most and then waits 4 us at least; only copies wait for something else.
    assert whole.gap_ns > whole.busy_ns
    assert whole.launch_gap_ns > 0.9 * whole.gap_ns


def test_the_flops_of_the_encoder_are_those_of_the_real_one(busy: Made) -> None:
    truth, trace = busy
    calls = int(trace.layers("samprof")["calls"].iloc[0])
    assert truth.layers["image_encoder"].matrix_flops == calls * ENCODER_FLOPS
