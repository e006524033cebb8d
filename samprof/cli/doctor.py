"""`samprof doctor`: what is installed, what will work here, and the device's measured peaks."""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from samprof._version import __version__
from samprof.cli.output import width
from samprof.errors import RunError
from samprof.sam.names import AUTO
from samprof.units import digits, memory_text

if TYPE_CHECKING:
    import torch

    from samprof.record.kept_peaks import Peaks

EXTRAS = {
    "report": ("altair", "jinja2", "matplotlib", "vl-convert-python"),
    "sam": ("pillow", "pycocotools", "segment-anything", "torchvision"),
    "tensorboard": ("matplotlib", "pillow", "tensorboard", "torch-tb-profiler"),
    "hta": ("HolisticTraceAnalysis",),
    "onnx": ("onnx", "onnxruntime"),
    "ray": ("ray",),
}
_STATE = {
    "clocks.sm": "SM clock",
    "clocks.mem": "memory clock",
    "temperature.gpu": "temperature, °C",
    "power.draw": "power",
}
_DECIMAL = (("T", 1e12), ("G", 1e9), ("M", 1e6), ("", 1.0))

Rows = Iterable[tuple[str, str]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("--device", default=AUTO, help="cpu, cuda, cuda:1 (default: a GPU if any)")
    parser.add_argument(
        "--again", action="store_true", help="measure the peaks anew, whatever was kept"
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON")


def run(options: argparse.Namespace) -> int:
    """Prints what is here and what the device can do."""
    from samprof.record.environment import device_state, environment
    from samprof.sam.models import resolve_device

    device = resolve_device(options.device)
    about = environment(device)
    state = device_state(device)
    peaks, kept = _peaks(device, again=options.again)
    found: dict[str, Any] = {
        "versions": _versions(),
        "device": {
            "device": str(device),
            "name": about["device_name"],
            "memory_bytes": about.get("device_memory_bytes") or _system_memory(),
            **({"threads": about["threads"]} if device.type == "cpu" else {}),
            **state,
        },
        "peaks": peaks and {**peaks.as_dict(), "kept": kept, "changed": _changed(peaks, device)},
        "installed": {
            extra: {package: _installed(package) for package in packages}
            for extra, packages in EXTRAS.items()
        },
        "works": {
            name: {"ok": not why, "why": why} for name, why in what_is_missing(device).items()
        },
    }
    sys.stdout.write(json.dumps(found, indent=1) + "\n" if options.json else _text(found, width()))
    return 0


def what_is_missing(device: torch.device) -> dict[str, str]:
    """Why something will not work here; an empty text where it will."""
    import torch
    from torch.profiler import ProfilerActivity

    from samprof.record.patches import fast_record_function

    activities = torch.profiler.supported_activities()  # type: ignore[no-untyped-call]
    gpu = torch.cuda.is_available()
    fast = fast_record_function()[1] == "_RecordFunctionFast"
    slower = "this torch has record_function only, which is slower"
    return {
        "profiling CPU": "" if ProfilerActivity.CPU in activities else "torch.profiler cannot",
        "profiling CUDA": _no_cuda_profiling(ProfilerActivity.CUDA in activities),
        "torch.compile": _no_compiling(device),
        "cudagraph": "" if gpu else "it needs a CUDA device",
        "fast record function": "" if fast else slower,
    }


def _no_cuda_profiling(supported: bool) -> str:
    import torch

    if torch.version.cuda is None and torch.version.hip is None:
        return "this torch was built without CUDA"
    if not torch.cuda.is_available():
        return "no CUDA device, or no driver for it"
    return "" if supported else "torch.profiler finds no CUPTI"


def _no_compiling(device: torch.device) -> str:
    import torch

    try:
        # Compiles nothing before it is called, but says whether this Python is supported.
        torch.compile(torch.nn.Identity())
    except Exception as error:  # torch's own words for what it lacks
        return str(error).partition("\n")[0] or type(error).__name__
    default = {"darwin": "clang++", "win32": "cl"}.get(sys.platform, "g++")
    compiler = os.environ.get("CXX") or default
    if shutil.which(compiler) is None:
        return f"no C++ compiler: {compiler} is not there (install it, or set CXX)"
    # By its module: its builds for ROCm, for Windows and of the night are packages of other names.
    if device.type == "cuda" and importlib.util.find_spec("triton") is None:
        return "triton is not installed, which it needs for a GPU"
    return ""


def _peaks(device: torch.device, *, again: bool) -> tuple[Peaks | None, bool]:
    """The peaks, if they can be had, and whether they were kept from before."""
    from samprof.record import peaks
    from samprof.record.environment import device_name
    from samprof.record.kept_peaks import keep_peaks, kept_peaks

    name = device_name(device)
    kept = None if again else kept_peaks(name)
    if kept is not None:
        return kept, True
    sys.stderr.write(f"samprof: measuring the peaks of {name}, which takes some seconds\n")
    measured = None
    try:
        measured = peaks.measure_peaks(device)
        keep_peaks(measured)
    except RunError as error:
        # The rest of the report is there all the same; next time they are measured again.
        sys.stderr.write(f"samprof: note: {error}\n")
    return measured, False


def _changed(peaks: Peaks, device: torch.device) -> dict[str, list[str]]:
    """What is no longer as it was when the peaks were measured: then, and now."""
    from samprof.record.peaks import current_versions

    now = current_versions(device)
    names = sorted({*now, *peaks.versions})
    both = {name: [peaks.versions.get(name, ""), now.get(name, "")] for name in names}
    return {name: [then, today] for name, (then, today) in both.items() if then != today}


def _versions() -> dict[str, str | None]:
    import torch

    from samprof.record.environment import environment

    gpu = environment(torch.device("cuda")) if torch.cuda.is_available() else {}
    return {
        "samprof": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "CUDA": torch.version.cuda or torch.version.hip,
        "driver": gpu.get("driver") or None,
        "numpy": _installed("numpy"),
        "pandas": _installed("pandas"),
    }


def _installed(package: str) -> str | None:
    with suppress(importlib.metadata.PackageNotFoundError):
        return importlib.metadata.version(package)
    return None


def _system_memory() -> int | None:
    with suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None


def _text(found: Mapping[str, Any], width: int) -> str:
    """The report in sections of two columns."""
    device, peaks = found["device"], found["peaks"]
    memory = device["memory_bytes"]
    shown = {"name": device["name"], "memory": memory_text(memory) if memory else None}
    shown |= {"threads": device.get("threads")}
    shown |= {label: device.get(key) for key, label in _STATE.items() if key in device}
    when = "measured now" if peaks else "none"
    if peaks and peaks["kept"]:
        when = f"kept from {peaks['date']}"
    sections: dict[str, Rows] = {
        "Versions": [(name, version or "none") for name, version in found["versions"].items()],
        f"Device {device['device']}": [(name, str(text)) for name, text in shown.items() if text],
        f"Peaks, {when}": _peak_rows(peaks) if peaks else [("note", "they could not be measured")],
        "Installed": [
            (f"{package} ({extra})", version or f"missing: pip install 'samprof[{extra}]'")
            for extra, packages in found["installed"].items()
            for package, version in packages.items()
        ],
        "What will work": [
            (name, "yes" if works["ok"] else f"no: {works['why']}")
            for name, works in found["works"].items()
        ],
    }
    return "\n".join(_section(title, list(rows), width) for title, rows in sections.items())


def _peak_rows(peaks: Mapping[str, Any]) -> Rows:
    for name, rate in peaks["flops_per_s"].items():
        yield name, _rate_text(rate, "FLOP/s")
    yield "copy", _rate_text(peaks["bytes_per_s"], "B/s")
    yield "method", peaks["method"]
    changes = (
        f"{name} {a or 'none'}, now {b or 'none'}" for name, (a, b) in peaks["changed"].items()
    )
    if told := "; ".join(changes):
        yield "note", f"measured with {told}: --again measures anew"


def _section(title: str, rows: Sequence[tuple[str, str]], width: int) -> str:
    """A title and its rows; what is too long goes on below its own column."""
    names = max(len(name) for name, _ in rows)
    lines = [title]
    for name, text in rows:
        head, rest = _plain(f"  {name:{names}}  "), _plain(text)
        indent = " " * len(head)
        lines += textwrap.wrap(
            rest, width, initial_indent=head, subsequent_indent=indent, break_on_hyphens=False
        )
    return "\n".join(lines) + "\n"


def _plain(text: str) -> str:
    """The text without what would move the cursor; files and drivers wrote some of it."""
    return "".join(c if c.isprintable() else " " for c in text)


def _rate_text(rate: float, unit: str) -> str:
    """A rate with a decimal prefix.

    Example:
        >>> _rate_text(84.2e9, "FLOP/s"), _rate_text(3.35e12, "B/s")
        ('84.2 GFLOP/s', '3.35 TB/s')
    """
    prefix, size = next((one for one in _DECIMAL if rate >= one[1]), _DECIMAL[-1])
    return f"{digits(rate / size)} {prefix}{unit}"
