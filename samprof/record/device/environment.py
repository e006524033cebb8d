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
from samprof.record.device.gpu import Gpu
from samprof.record.device.nvml import NvmlGpu

_PACKAGES = ("torch", "torchvision", "segment-anything", "numpy", "pandas")


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


def gpu_uuid(device: torch.device) -> str | None:
    """NVML's name of a CUDA device; None for any other. This initialises CUDA in this process.

    A name and not an index: torch counts the devices that CUDA_VISIBLE_DEVICES leaves, NVML all.
    """
    if device.type != "cuda":
        return None
    uuid = str(getattr(torch.cuda.get_device_properties(device), "uuid", ""))
    if not uuid:
        return None
    return uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"


def device_state(device: torch.device) -> dict[str, str]:
    """Current clocks, temperature, power and throttling of a GPU; empty where NVML tells nothing."""
    uuid = gpu_uuid(device)
    if uuid is None:
        return {}
    try:
        reading = Gpu(uuid).read([os.getpid()])
    except OSError:
        return {}
    reasons = reading.throttle_reasons
    values = {
        "clocks.sm": (reading.sm_mhz, "MHz"),
        "clocks.mem": (reading.memory_mhz, "MHz"),
        "temperature.gpu": (reading.temperature_c, ""),
        "power.draw": (reading.power_w, "W"),
        "throttled": (None if reasons is None else ", ".join(reasons) or "no", ""),
    }
    return {
        name: f"{value} {unit}".strip()
        for name, (value, unit) in values.items()
        if value is not None
    }


def _cuda(device: torch.device) -> dict[str, Any]:
    if device.type != "cuda":
        return {}
    properties = torch.cuda.get_device_properties(device)
    uuid = gpu_uuid(device)
    return {
        "gpu_uuid": uuid or "",
        "device_memory_bytes": properties.total_memory,
        "compute_capability": f"{properties.major}.{properties.minor}",
        "cuda": torch.version.cuda or torch.version.hip or "",
        "driver": _driver(uuid),
        "tf32": uses_tf32(),
    }


def _driver(uuid: str | None) -> str:
    """The version of NVIDIA's driver; empty where there is none."""
    try:
        return NvmlGpu(uuid).driver() if uuid else ""
    except OSError:
        return ""


def uses_tf32() -> bool:
    """Whether products of float32 matrices on CUDA run in TF32.

    Older versions of torch have `allow_tf32` only; in newer ones reading that raises once
    `fp32_precision` was used.
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
