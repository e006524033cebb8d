"""Where a measurement ran: versions, machine, device, driver, commit, clocks."""

import importlib.metadata
import os
import platform
import subprocess
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import torch

from samprof._version import __version__

_PACKAGES = ("torch", "torchvision", "segment-anything", "numpy", "pandas")
_CLOCK_QUERY = ("clocks.sm", "clocks.mem", "temperature.gpu", "power.draw")


def environment(device: torch.device) -> dict[str, Any]:
    """The machine, the software and the device of a run, as plain data."""
    return {
        "samprof": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: version for name in _PACKAGES if (version := _version(name))},
        "commit": _commit(),
        "cpu": _cpu_name(),
        "cpu_count": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0,
        "threads": torch.get_num_threads(),
        "device": str(device),
        "device_name": device_name(device),
        **_cuda(device),
    }


def machine() -> dict[str, Any]:
    """What a trace does not tell by itself of where it was recorded; found at once."""
    return {
        "torch": torch.__version__,
        "cpu": _cpu_name(),
        "threads": torch.get_num_threads(),
        "process": _process(os.getpid()),
    }


@cache
def _process(_: int) -> str:
    """A name for this process: ids alone repeat, in containers nearly always."""
    return uuid.uuid4().hex[:12]


def device_name(device: torch.device) -> str:
    """The device's name, such as "NVIDIA L4"."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return _cpu_name() if device.type == "cpu" else device.type


def device_state(device: torch.device) -> dict[str, str]:
    """Current clocks, temperature and power; empty where nvidia-smi does not report them."""
    if device.type != "cuda":
        return {}
    index = device.index if device.index is not None else torch.cuda.current_device()
    output = _output(
        [
            "nvidia-smi",
            f"--id={index}",
            f"--query-gpu={','.join(_CLOCK_QUERY)}",
            "--format=csv,noheader",
        ]
    )
    values = [value.strip() for value in output.split(",")]
    return dict(zip(_CLOCK_QUERY, values, strict=True)) if len(values) == len(_CLOCK_QUERY) else {}


def _cuda(device: torch.device) -> dict[str, Any]:
    if device.type != "cuda":
        return {}
    properties = torch.cuda.get_device_properties(device)
    driver = _output(["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"])
    return {
        "device_memory_bytes": properties.total_memory,
        "compute_capability": f"{properties.major}.{properties.minor}",
        "cuda": torch.version.cuda or torch.version.hip or "",
        "driver": driver.splitlines()[0] if driver else "",
        "tf32": uses_tf32(),
    }


def uses_tf32() -> bool:
    """Whether products of float32 matrices on CUDA run in TF32.

    Since torch 2.9 there are two settings; reading the old one raises once the new one is used.
    """
    matmul: Any = torch.backends.cuda.matmul
    if not hasattr(matmul, "fp32_precision"):
        return bool(matmul.allow_tf32)
    chosen = matmul.fp32_precision
    if chosen == "none":
        chosen = getattr(torch.backends, "fp32_precision", "none")
    return bool(chosen == "tf32")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _commit() -> str:
    """The commit of the current directory; empty outside of a repository."""
    return _output(["git", "rev-parse", "--short", "HEAD"])


@cache
def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
