"""The GPU of this machine by what was measured on it."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import samprof
from samprof.cli.main import main
from samprof.errors import UsageError
from samprof.prediction import measured_peaks
from samprof.prediction.devices import device_named
from samprof.prediction.measured_peaks import Gpu, by_measured_peaks, this_device
from samprof.prediction.shares import Shares, load_shares
from samprof.prediction.times import op_times
from samprof.record.device.peaks_cache import Peaks, cache_peaks
from samprof.report.text.run import run_text

CARD = Gpu("A card of no table", 64, 24 * 2**30, 32 * 2**20)
PEAKS = Peaks(
    CARD.title,
    {"float32": 20e12, "tf32": 60e12, "bfloat16": 100e12, "float16": 100e12},
    500e9,
    "2026-01-02",
    {"torch": "2", "cuda": "13", "driver": "1"},
    "a large product, a large copy",
)


@pytest.fixture
def _card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with this card, whose peaks were measured."""
    monkeypatch.setattr(measured_peaks, "_gpu", lambda: CARD)
    cache_peaks(PEAKS)


def test_the_rates_are_those_that_were_measured() -> None:
    found = by_measured_peaks(CARD, PEAKS)
    assert found.is_measured
    assert (found.title, found.cores, found.memory_bytes) == (CARD.title, 64, 24 * 2**30)
    assert found.peak("float32") == 20e12
    assert found.peak("float32", convolution=True) == 60e12
    assert found.bytes_per_s == 500e9
    assert (found.source, found.date) == ("a large product, a large copy", "2026-01-02")


def test_no_rate_is_above_what_the_power_limit_allows_without_pause() -> None:
    """The L4 holds 39 % of 30.3, 60 and 121 TFLOP/s: 11.8, 23.4 and 47.2."""
    l4 = by_measured_peaks(replace_title("NVIDIA L4"), PEAKS, device_named("L4"))
    assert l4.flops_per_s["float32"] == pytest.approx(0.39 * 30.3e12)
    assert l4.flops_per_s["bfloat16"] == pytest.approx(0.39 * 121e12)
    slow = replace(PEAKS, flops_per_s={"float32": 10e12})
    l4 = by_measured_peaks(replace_title("NVIDIA L4"), slow, device_named("L4"))
    assert l4.flops_per_s == {"float32": 10e12}
    a100 = by_measured_peaks(replace_title("A100"), PEAKS, device_named("A100"))
    assert a100.flops_per_s["float32"] == 20e12  # as measured, not 19.5 TFLOP/s


def replace_title(title: str) -> Gpu:
    return CARD._replace(title=title)


def test_the_product_and_the_copy_that_were_measured_take_what_they_took() -> None:
    """8192 x 8192 x 8192 in tiles of 128 x 128 is 64 whole waves of 64 cores, at 100 TFLOP/s 10,995 us;

    a copy of 1 GiB reads and writes 2^31 bytes, at 500 GB/s 4,295 us; 2 us are the floor.
    """
    side, whole = 8192, 2**31
    work = pd.DataFrame(
        {
            "kind": ["matmul", "copy"],
            "dtype": ["bfloat16", "bfloat16"],
            "flops": [2 * side**3, 0],
            "bytes": [3 * 2 * side**2, whole],
            "batch": [1, 0],
            "m": [side, 0],
            "n": [side, 0],
        }
    )
    device = by_measured_peaks(CARD, PEAKS)
    times = op_times(work, device, load_shares().of_measured_peaks())["time_ns"].tolist()
    assert times == [
        round(2 * side**3 / 100e12 * 1e9) + 2_000,
        round(whole / 500e9 * 1e9) + 2_000,
    ]


def test_shares_of_measured_peaks_are_those_of_the_product_and_the_copy() -> None:
    shares = Shares(
        {
            "matmul/half": 0.8,
            "attention/half": 0.4,
            "convolution/tf32": 0.6,
            "convolution/half": 1.0,
        },
        {"copy": 0.9, "norm": 0.3},
    ).of_measured_peaks()
    assert shares.computing == pytest.approx(
        # TF32 is of no trace's products: 0.6 / 0.8; nothing is faster than the product: 1.0 / 0.8.
        {"matmul/half": 1, "attention/half": 0.5, "convolution/tf32": 0.75, "convolution/half": 1}
    )
    assert shares.moving == pytest.approx({"copy": 1, "norm": 1 / 3})
    assert shares.of_measured_peaks() == shares


@pytest.mark.usefixtures("_card")
def test_a_run_says_that_the_peaks_were_measured_and_the_times_not(tmp_path: Path) -> None:
    run = samprof.predict("small", "this", [1, 2], out=tmp_path / "run")
    assert set(run.points()["status"]) == {"predicted"}
    sentence = run.verdict().sentences[0]
    assert sentence.startswith(
        "Predicted from shapes, peaks measured on the device and traces of other devices, not measured"
    )
    assert "of what datasheets predict" in sentence
    text = run_text(run.summary(), 120)
    assert "A card of no table, predicted" in text
    assert "of a measured peak of 20.0 TFLOP/s" in text
    assert (
        run.environment["peaks"]["method"] == "measured: a large product, a large copy, 2026-01-02"
    )
    page = run.report(tmp_path / "page.html").read_text()
    assert "The line is the peak of the device, as samprof doctor measured it." in page


def test_a_datasheet_says_so_still(tmp_path: Path) -> None:
    run = samprof.predict("small", "L4", [1], out=tmp_path / "run")
    assert run.summary().peak_source == "datasheet"
    assert run.environment["peaks"]["method"].startswith("by its datasheet: NVIDIA L4 datasheet")


def test_without_a_gpu_or_its_peaks_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(measured_peaks, "_gpu", lambda: None)
    with pytest.raises(UsageError, match="device this: no GPU is here; give one by name"):
        this_device()
    monkeypatch.setattr(measured_peaks, "_gpu", lambda: replace_title("Never measured"))
    assert main(["predict", "--model", "small", "--device", "this"]) == 2
    assert capsys.readouterr().err == (
        "samprof: predict: device this: the peaks of Never measured were not measured; "
        "run samprof doctor first\n"
    )
