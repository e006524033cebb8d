"""`samprof doctor`: the report in both forms, peaks cached or measured again, what is missing."""

import configparser
import importlib.metadata
import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from samprof._version import __version__
from samprof.cli import installed
from samprof.cli.main import main
from samprof.errors import RunError
from samprof.record import capabilities, peaks
from samprof.record.device import environment
from samprof.record.device.environment import device_name
from samprof.record.device.peaks_cache import Peaks, cache_peaks, peaks_from
from samprof.record.device.verified import Verified, cache_verified
from samprof.record.peaks import current_versions
from tests.support.paths import ROOT

CPU = torch.device("cpu")
SETUP = ROOT / "setup.cfg"


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[torch.device]:
    """The devices whose peaks were measured; those of the n-th time are n times as high."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "100")
    devices: list[torch.device] = []

    def measure(device: torch.device, *, seconds: float = 1.0) -> Peaks:
        devices.append(device)
        return peaks_of_cpu(len(devices))

    monkeypatch.setattr(peaks, "measure_peaks", measure)
    return devices


def peaks_of_cpu(times: int = 1) -> Peaks:
    flops = {"float32": 84.2e9 * times, "bfloat16": 1.31e9 * times}
    method = "best of some"
    return Peaks(
        device_name(CPU), flops, 18.7e9 * times, "2026-11-22", current_versions(CPU), method
    )


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    assert main(["doctor", "--device", "cpu", *arguments]) == 0
    captured = capsys.readouterr()
    return captured.out, captured.err


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(report(capsys, "--json", *arguments)[0])
    return found


def sections(text: str) -> dict[str, dict[str, str]]:
    """Titles, and below each what stands in its two columns."""
    found: dict[str, dict[str, str]] = {}
    for part in text.split("\n\n"):
        title, *lines = part.splitlines()
        rows = [line.strip().split("  ", 1) for line in lines]
        found[title] = {row[0]: row[-1].strip() for row in rows}
    return found


def test_the_text_has_every_section(
    measured: list[torch.device], capsys: pytest.CaptureFixture[str]
) -> None:
    text, told = report(capsys)
    found = sections(text)
    assert list(found) == [
        "Versions",
        "Device cpu",
        "Peaks, measured now",
        "Installed",
        "What works",
    ]
    assert found["Versions"]["samprof"] == __version__
    assert found["Versions"]["torch"] == torch.__version__
    assert set(found["Versions"]) == {
        *("samprof", "python", "torch", "CUDA", "driver", "numpy", "pandas")
    }
    assert found["Device cpu"]["threads"] == str(torch.get_num_threads())
    assert found["Peaks, measured now"] == {
        "float32": "84.2 GFLOP/s",
        "bfloat16": "1.31 GFLOP/s",
        "copy": "18.7 GB/s",
        "method": "best of some",
    }
    assert found["Installed"]["segment-anything (sam)"] == importlib.metadata.version(
        "segment-anything"
    )
    assert found["What works"]["profiling CPU"] == "yes"
    assert found["What works"]["fast record function"] == "yes"
    assert (
        told == f"samprof: measuring the peaks of {device_name(CPU)}, which takes a few seconds\n"
    )


def test_columns_are_aligned_and_fit_the_width(
    measured: list[torch.device],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache_peaks(replace(peaks_of_cpu(), method="best of many repeats, which is a long story " * 5))
    for columns in (40, 60, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        text, _ = report(capsys)
        assert max(map(len, text.splitlines())) <= columns
        for part in text.split("\n\n"):
            rows = part.splitlines()[1:]
            assert len({len(row) - len(row.lstrip()) for row in rows} - {2}) <= 1


def test_json_says_the_same(
    measured: list[torch.device], capsys: pytest.CaptureFixture[str]
) -> None:
    found = as_json(capsys)
    assert list(found) == ["versions", "device", "verified", "peaks", "installed", "works"]
    assert found["verified"] is None
    assert found["versions"]["numpy"] == importlib.metadata.version("numpy")
    assert found["device"]["name"] == device_name(CPU)
    assert found["device"]["memory_bytes"] > 0
    assert peaks_from(found["peaks"]) == peaks_of_cpu()
    assert (found["peaks"]["cached"], found["peaks"]["changed"]) == (False, {})
    assert list(found["installed"]) == list(installed.EXTRAS)
    assert found["works"]["profiling CPU"] == {"ok": True, "why": ""}
    assert list(found["works"]) == [
        "profiling CPU",
        "profiling CUDA",
        "torch.compile",
        "cudagraph",
        "fast record function",
    ]


def test_cached_peaks_are_used_without_measuring(
    measured: list[torch.device], capsys: pytest.CaptureFixture[str]
) -> None:
    cache_peaks(peaks_of_cpu(3))
    text, told = report(capsys)
    assert (measured, told) == ([], "")
    assert sections(text)["Peaks, measured on 2026-11-22"]["copy"] == "56.1 GB/s"
    assert as_json(capsys)["peaks"]["cached"] is True


def test_peaks_are_measured_once_and_again_when_asked(
    measured: list[torch.device], capsys: pytest.CaptureFixture[str]
) -> None:
    speeds = [
        as_json(capsys, *arguments)["peaks"]["bytes_per_s"] / 18.7e9
        for arguments in ((), (), ("--again",), ())
    ]
    assert speeds == [1, 1, 2, 2]
    assert measured == [CPU, CPU]


def test_what_changed_since_the_peaks_were_measured_is_said(
    measured: list[torch.device], capsys: pytest.CaptureFixture[str]
) -> None:
    now = current_versions(CPU)
    cache_peaks(replace(peaks_of_cpu(), versions={"torch": "2.6.0", "threads": now["threads"]}))
    note = sections(report(capsys)[0])["Peaks, measured on 2026-11-22"]["note"]
    assert note == f"measured with torch 2.6.0, now {now['torch']}: --again measures them again"
    assert as_json(capsys)["peaks"]["changed"] == {"torch": ["2.6.0", now["torch"]]}
    assert measured == []


def test_peaks_that_cannot_be_cached_are_still_shown(
    measured: list[torch.device], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "samprof").write_text("a file where the folder belongs")
    text, told = report(capsys)
    assert "84.2 GFLOP/s" in text
    assert told.splitlines()[1].startswith(f"samprof: note: cache peaks: {device_name(CPU)}: ")
    assert told.endswith("; set XDG_CACHE_HOME to a folder that you can write to\n")


def test_what_cannot_be_measured_leaves_the_rest_of_the_report(
    measured: list[torch.device],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def measure(device: torch.device) -> Peaks:
        raise RunError("peaks", device, "too little memory for a copy", "free memory")

    monkeypatch.setattr(peaks, "measure_peaks", measure)
    text, told = report(capsys)
    assert sections(text)["Peaks, none"] == {"note": "they could not be measured"}
    assert "What works" in text
    assert told.endswith("samprof: note: peaks: cpu: too little memory for a copy; free memory\n")
    assert as_json(capsys)["peaks"] is None


def test_a_cached_file_cannot_move_the_cursor(
    measured: list[torch.device], capsys: pytest.CaptureFixture[str]
) -> None:
    flops = {"float\x1b[2J": 1e9}
    cache_peaks(replace(peaks_of_cpu(), flops_per_s=flops, method="\x1b[2Jbest\r\nof some"))
    assert "\x1b" not in report(capsys)[0]


def test_extras_are_those_of_the_packaging() -> None:
    setup = configparser.ConfigParser()
    setup.read(SETUP)
    wanted = {
        extra: {line.partition(">=")[0].lower() for line in lines.split()}
        for extra, lines in setup["options.extras_require"].items()
        if extra not in ("all", "dev", "docs")
    }
    assert {
        extra: {name.lower() for name in names} for extra, names in installed.EXTRAS.items()
    } == (wanted)


def test_a_missing_package_comes_with_its_command(
    measured: list[torch.device],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name in ("ray", "onnx"):
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = sections(report(capsys)[0])["Installed"]
    assert found["ray (ray)"] == "missing: pip install 'samprof[ray]'"
    assert found["onnx (onnx)"] == "missing: pip install 'samprof[onnx]'"
    assert found["jinja2 (report)"] == real("jinja2")
    assert as_json(capsys)["installed"]["ray"] == {"ray": None}


def modules_after(arguments: list[str]) -> set[str]:
    code = (
        "import sys\nfrom samprof.cli.main import main\n"
        f"try: main({arguments})\nexcept SystemExit: pass\nprint(); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_the_extras_are_not_imported(measured: list[torch.device]) -> None:
    cache_peaks(peaks_of_cpu())
    loaded = modules_after(["doctor", "--device", "cpu", "--json"])
    assert "torch" in loaded
    assert not loaded & {"ray", "onnx", "onnxruntime", "matplotlib", "segment_anything"}
    assert not loaded & {"tensorboard", "hta", "torchvision", "pycocotools", "pandas"}


def test_help_imports_nothing_heavy() -> None:
    loaded = modules_after(["doctor", "--help"])
    assert "samprof.cli.commands.doctor" in loaded
    assert not {"torch", "numpy", "pandas", "rich"} & loaded


def test_an_unknown_device_is_one_line(
    measured: list[torch.device], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--device", "abacus"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "device: abacus: no such device here" in captured.err


def why_not(name: str, device: torch.device = CPU) -> str:
    return capabilities.what_is_missing(device)[name]


@pytest.mark.parametrize(
    ("built", "available", "supported", "why"),
    [
        (None, False, False, "this torch was built without CUDA"),
        ("13.2", False, False, "no CUDA device, or no driver for it"),
        ("13.2", True, False, "torch.profiler finds no CUPTI"),
        ("13.2", True, True, ""),
    ],
)
def test_why_cuda_cannot_be_profiled(
    monkeypatch: pytest.MonkeyPatch, built: str | None, available: bool, supported: bool, why: str
) -> None:
    activity = torch.profiler.ProfilerActivity
    activities = {activity.CPU, *([activity.CUDA] if supported else [])}
    monkeypatch.setattr(torch.version, "cuda", built)
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    monkeypatch.setattr(torch.profiler, "supported_activities", lambda: activities)
    assert why_not("profiling CUDA") == why
    assert why_not("profiling CPU") == ""
    assert why_not("cudagraph") == ("" if available else "it needs a CUDA device")


def test_why_nothing_can_be_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert why_not("torch.compile") == ""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    gpu: Any = SimpleNamespace(type="cuda")
    assert (
        why_not("torch.compile", gpu)
        == "triton is not installed, and torch.compile needs it for a GPU"
    )
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setenv("CXX", "my-c++")
    assert why_not("torch.compile").startswith("no C++ compiler: my-c++ is not there")

    def compiled(_: torch.nn.Module) -> None:
        raise RuntimeError("torch.compile is not supported on Python 3.16+\nmore")

    monkeypatch.setattr(torch, "compile", compiled)
    assert why_not("torch.compile") == "torch.compile is not supported on Python 3.16+"


def test_torch_itself_says_whether_it_compiles_here() -> None:
    assert "not supported" not in why_not("torch.compile")


def test_why_ranges_are_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = (torch.profiler.record_function, "record_function")
    monkeypatch.setattr(capabilities, "fast_record_function", lambda: slow)
    assert "record_function only" in why_not("fast record function")


def test_clocks_of_a_gpu_are_shown(
    measured: list[torch.device],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = {"clocks.sm": "2040 MHz", "clocks.mem": "6251 MHz", "temperature.gpu": "45"}
    monkeypatch.setattr(environment, "device_state", lambda _: state)
    found = sections(report(capsys)[0])["Device cpu"]
    assert found["SM clock"] == "2040 MHz"
    assert found["memory clock"] == "6251 MHz"
    assert found["temperature, °C"] == "45"
    assert "power" not in found
    assert as_json(capsys)["device"]["clocks.sm"] == "2040 MHz"


def test_what_was_verified_on_the_device_is_named(
    measured: list[torch.device], capsys: pytest.CaptureFixture[str]
) -> None:
    cache_verified(Verified(device_name(CPU), "2026-11-28", "right to within 1.3 %", True, 1.3, {}))
    assert "2026-11-28: right to within 1.3 %" in report(capsys)[0]
    assert as_json(capsys)["verified"]["within_percent"] == 1.3
