"""The GPU of this machine by what was measured on it, in place of a datasheet."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from samprof.errors import UsageError
from samprof.prediction.devices import WORKSPACE_BYTES, Device, device_named
from samprof.record.device.peaks_cache import Peaks, cached_peaks

THIS = "this"
"""What `--device` calls the GPU of this machine."""


class Gpu(NamedTuple):
    """What the driver tells of a GPU: name, cores, memory, last cache, and torch's workspace there."""

    title: str
    cores: int
    memory_bytes: int
    cache_bytes: int
    workspace_bytes: int = WORKSPACE_BYTES


def this_device(extra: Path | None = None) -> Device:
    """The first GPU of this machine with the peaks that `samprof doctor` or a sweep measured.

    Args:
        extra: the user's own table of devices, which may know how much its power limit allows.

    Raises:
        UsageError: there is no GPU, its peaks are not in the cache, or `extra` is no table.
    """
    found = _gpu()
    if found is None:
        remedy = "give one by name, such as L4 (--table shows all)"
        raise UsageError("predict", f"device {THIS}", "no GPU is here", remedy)
    peaks = cached_peaks(found.title)
    if peaks is None:
        cause = f"the peaks of {found.title} were not measured"
        raise UsageError("predict", f"device {THIS}", cause, "run samprof doctor first")
    try:
        known = device_named(found.title, extra)
    except UsageError:
        known = None
    return by_measured_peaks(found, peaks, known)


def by_measured_peaks(gpu: Gpu, peaks: Peaks, known: Device | None = None) -> Device:
    """A GPU with measured peaks.

    Args:
        gpu: what its driver tells.
        peaks: measured on it, by large products and a large copy.
        known: the same device by its datasheet. Where its power limit does not allow its peaks without
            pause, a second of products tells too much: then no rate is above what the limit allows.
    """
    rates = dict(peaks.flops_per_s)
    if known is not None and known.sustained < 1:
        most = {dtype: rate * known.sustained for dtype, rate in known.flops_per_s.items()}
        rates = {dtype: min(rate, most.get(dtype, rate)) for dtype, rate in rates.items()}
    return Device(
        name=THIS,
        title=gpu.title,
        cores=gpu.cores,
        flops_per_s=rates,
        bytes_per_s=peaks.bytes_per_s,
        memory_bytes=gpu.memory_bytes,
        cache_bytes=gpu.cache_bytes,
        workspace_bytes=gpu.workspace_bytes,
        source=peaks.method,
        date=peaks.date,
        is_measured=True,
    )


def _gpu() -> Gpu | None:
    import torch

    from samprof.record.device.environment import device_name

    if not torch.cuda.is_available():
        return None
    device = torch.device("cuda", torch.cuda.current_device())
    about = torch.cuda.get_device_properties(device)
    cache = int(getattr(about, "L2_cache_size", 0))
    workspace = _workspace_bytes(about.major, getattr(about, "gcnArchName", ""))
    cores, memory = about.multi_processor_count, about.total_memory
    return Gpu(device_name(device), cores, memory, cache, workspace)


def _workspace_bytes(major: int, rocm: str) -> int:
    """As `parseChosenWorkspaceSize` in aten/src/ATen/cuda/CublasHandlePool.cpp of torch 2.15.

    Args:
        major: of the compute capability.
        rocm: what ROCm calls the architecture; empty with CUDA.
    """
    if rocm:
        return (128 if rocm.startswith(("gfx942", "gfx950", "gfx1250")) else 32) * 2**20
    return 32 * 2**20 if 9 <= major <= 12 else WORKSPACE_BYTES
