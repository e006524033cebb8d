"""Components as text and as pictures: one mode, several modes, with and without a device."""

import io
import re

import pandas as pd
import pytest
from matplotlib import image
from rich.cells import cell_len

from samprof.report.palette import colors_of
from samprof.report.png.components import components_figure
from samprof.report.png.modules import modules_figure
from samprof.report.png.timeline import timeline_figure
from samprof.report.text.components import components_text, run_components_text
from samprof.trace.tables.components import IDLE, OTHER, TRANSFERS, WAITS
from tests.report.tables import summary
from tests.report.text.test_run import assert_golden

HOST = [("preprocessing", 2, 8), ("image encoder", 1, 60), ("mask decoder", 1, 20), (OTHER, 0, 12)]


def table(*, device: bool, slower: int = 1, names: dict[str, str] | None = None) -> pd.DataFrame:
    """100 ms on the host, 100 ms on the device: 70 of them work, 30 idle."""
    rows = [
        {"component": name, "calls": calls, "host_ns": ms * slower, "wait_ns": 0}
        for name, calls, ms in HOST
    ]
    found = pd.DataFrame(rows).assign(device_ns=0, kernels=0)
    if device:
        found.loc[1, ["host_ns", "wait_ns", "device_ns", "kernels"]] = [10, 50, 60, 7]
        found.loc[2, ["device_ns", "kernels"]] = [8, 3]
        nothing = {"calls": 0, "host_ns": 0, "wait_ns": 0, "device_ns": 0, "kernels": 0}
        extra = [
            nothing | {"component": TRANSFERS, "device_ns": 2, "kernels": 1},
            nothing | {"component": WAITS, "host_ns": 50},
            nothing | {"component": IDLE, "device_ns": 30},
        ]
        found = pd.concat([found, pd.DataFrame(extra)], ignore_index=True)
    for name in ("host_ns", "wait_ns", "device_ns"):
        found[name] = found[name] * 1_000_000
    found["share"] = found["host_ns"] / found["host_ns"].sum()
    return found.assign(host_iqr_ns=0.0, device_iqr_ns=0.0).replace({"component": names or {}})


@pytest.mark.parametrize("width", [50, 80])
def test_one_mode_with_a_device(width: int) -> None:
    text = components_text({"eager": table(device=True)}, width)
    assert_golden(f"components-device-{width}.txt", text)
    assert max(cell_len(line) for line in text.splitlines()) <= width


def test_each_column_sums_to_the_last_row() -> None:
    text = components_text({"eager": table(device=True)}, 100)
    whole = text.splitlines()[-1].split()
    assert whole == ["whole", "100.0", "100.0", "50.0", "100.0", "11"]


@pytest.mark.parametrize("width", [40, 90])
def test_two_modes_side_by_side(width: int) -> None:
    tables = {"one-by-one": table(device=False, slower=2), "batched": table(device=False)}
    ends = {"speedup": 2.0, "speedup_low": 1.9, "speedup_high": 2.1}
    names = [*tables["batched"]["component"], "whole"]
    speedups = pd.DataFrame({"component": names}).assign(**ends)
    text = components_text(tables, width, {"batched": speedups})
    assert_golden(f"components-two-{width}.txt", text)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert text.splitlines()[-1].split()[:3] == ["whole", "200.0", "100.0"]


def test_a_component_of_one_mode_only_has_no_speedup() -> None:
    other = table(device=False, names={"mask decoder": "onnxruntime"})
    text = components_text({"pytorch": table(device=False), "onnx": other}, 90)
    line = next(line for line in text.splitlines() if "onnxruntime" in line)
    assert line.split() == ["onnxruntime", "0.0", "20.0"]


def test_what_the_times_need_beside_them_is_said() -> None:
    text = run_components_text(summary(), {"eager": table(device=False)}, None, 80)
    assert text.startswith("small enc, float32, a CPU: batch 4\n")
    assert "eager: 500 ms ± 2.00 ms without the profiler; 1.02x that with it" in text


def timeline(*, device: bool) -> pd.DataFrame:
    rows = [
        ("host", 0, "sam", OTHER, 0, 100),
        ("host", 1, "sam.image_encoder", "image encoder", 10, 60),
        ("host", 2, "sam.image_encoder.blocks.0", "image encoder", 10, 50),
    ]
    if device:
        rows += [
            ("wait", 0, "synchronisation", OTHER, 70, 30),
            ("device", 0, "gemm", "image encoder", 20, 60),
            ("device", 1, "copy", TRANSFERS, 80, 1),
        ]
    columns = ["track", "row", "name", "component", "start_ns", "dur_ns"]
    return pd.DataFrame(rows, columns=columns)


@pytest.mark.parametrize("device", [False, True])
@pytest.mark.parametrize("name", ["image encoder", "エンコーダ", "$x_1$", "<b>"])
@pytest.mark.filterwarnings("ignore:Glyph")
def test_pictures_are_drawn_whatever_the_names(name: str, *, device: bool) -> None:
    tables = {
        "a": table(device=device, names={"image encoder": name}),
        "b": table(device=device),
    }
    renamed = timeline(device=device).replace({"image encoder": name})
    for data in (
        components_figure(tables, name),
        timeline_figure(renamed, name),
        modules_figure(summary(rename={"enc.block": f"enc.{name}"})),
    ):
        pixels = image.imread(io.BytesIO(data), format="png")
        assert pixels.shape[1] > 1000
        assert 0.1 < pixels[..., :3].mean() < 0.99  # something is drawn


def test_what_is_known_has_its_colour_and_the_others_take_turns() -> None:
    known = {"mask decoder": "#2f6db3", "x": "url(#a)", "y": "#12345"}
    colors = colors_of(["mask decoder", "x", "y", OTHER], known)
    assert colors["mask decoder"] == known["mask decoder"]
    assert len(set(colors.values())) == 4
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in colors.values())
    assert colors_of(["x", "y"]) == colors_of(["x", "y"], {"x": "red; background: url(#a)"})


def test_no_colour_comes_twice_however_many_names_there_are() -> None:
    names = [f"role {number}" for number in range(30)]
    colors = colors_of(names, {"role 3": "#2f6db3"})
    assert len(set(colors.values())) == 30
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in colors.values())
