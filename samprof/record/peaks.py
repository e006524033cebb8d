"""Measures the peaks of a device: operations per second and bytes per second."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import date
from functools import partial
from itertools import pairwise
from time import perf_counter
from typing import Any

import torch

from samprof.errors import RunError
from samprof.record.device.environment import device_name, environment
from samprof.record.device.peaks_cache import Peaks
from samprof.record.session import synchronize
from samprof.units import memory_text

_FIRST_SIDE = 256
_LARGEST_SIDE = {"cpu": 2048, "cuda": 8192}
_COPIED_BYTES = {"cpu": 2**28, "cuda": 2**30}
_LEAST_COPIED_BYTES = 2**24
_REPEATS = 3
_REFUSED = (RuntimeError, TypeError, MemoryError)  # raised by a backend, or for lack of memory


def measure_peaks(device: torch.device, *, seconds: float = 1.0) -> Peaks:
    """The peaks of the device: the best of several repeats, because a peak is what is possible.

    The matrices of a dtype are as large as the time allows: an emulated dtype gets small ones. Clocks
    and power limits are left alone. Each dtype, and the copy, takes about `seconds`.

    Raises:
        RunError: no matrix product or no copy runs on it.
    """
    flops, sides, why, on_gpu = {}, [], "", device.type == "cuda"
    tf32 = on_gpu and not torch.version.hip and torch.cuda.get_device_capability(device) >= (8, 0)
    # CUDA events belong to the current device.
    with torch.cuda.device(device) if on_gpu else nullcontext():
        for name in ("float32", *["tf32"] * tf32, "bfloat16", "float16"):
            dtype = getattr(torch, name, torch.float32)
            try:
                with _tf32(name == "tf32"):
                    side, flops[name] = _product(device, dtype, seconds)
            except _REFUSED as error:
                why = str(error).partition("\n")[0]
            else:
                sides.append(f"{name} {side}")
        if not flops:
            cause = f"no matrix product runs on it ({why})"
            raise RunError("peaks", device, cause, "free its memory, or use another device")
        size, bytes_per_s = _copy(device, seconds)
        torch.cuda.empty_cache()
    method = (
        f"best of at least {_REPEATS} repeats; products of square matrices, side "
        f"{', '.join(sides)}; copy of {memory_text(size)}, bytes read plus bytes written"
    )
    name, versions = device_name(device), current_versions(device)
    return Peaks(name, flops, bytes_per_s, date.today().isoformat(), versions, method)


def current_versions(device: torch.device) -> dict[str, str]:
    """The current versions and settings that peaks depend on, besides the device."""
    about = environment(device)
    names = ("cuda", "driver") if device.type == "cuda" else ("threads",)
    return {"torch": str(torch.__version__), **{name: str(about[name]) for name in names}}


@contextmanager
def _tf32(on: bool) -> Iterator[None]:
    """Turns TF32 for products of float32 matrices on CUDA on or off until the block ends."""
    matmul: Any = torch.backends.cuda.matmul
    if not hasattr(matmul, "fp32_precision"):  # older versions of torch
        precision = torch.get_float32_matmul_precision()
        try:
            torch.set_float32_matmul_precision("high" if on else "highest")
            yield
        finally:
            torch.set_float32_matmul_precision(precision)
        return
    # Not `allow_tf32`: reading that raises once `fp32_precision` was used.
    before = matmul.fp32_precision
    try:
        matmul.fp32_precision = "tf32" if on else "ieee"
        yield
    finally:
        matmul.fp32_precision = before


def _product(device: torch.device, dtype: torch.dtype, seconds: float) -> tuple[int, float]:
    """The side of the largest product that time and memory allow, and its operations per second."""

    def took(side: int, seconds: float = 0) -> float:
        # A separate generator, so that the program's random numbers do not change.
        generator = torch.Generator(device).manual_seed(0)
        a, b = torch.randn((2, side, side), generator=generator, device=device, dtype=dtype)
        return _best(partial(torch.mm, a, b, out=torch.empty_like(a)), device, seconds)

    side, largest = _FIRST_SIDE, _LARGEST_SIDE.get(device.type, _LARGEST_SIDE["cpu"])
    time = took(side)
    with suppress(*_REFUSED):
        # Twice the side takes about eight times as long.
        while side < largest and 8 * time * _REPEATS <= seconds:
            time = took(2 * side)
            side *= 2
    return side, 2 * side**3 / took(side, seconds)


def _copy(device: torch.device, seconds: float) -> tuple[int, float]:
    """The size of the largest buffer that fits in memory, and bytes read and written per second."""
    size = _COPIED_BYTES.get(device.type, _COPIED_BYTES["cpu"])
    while size >= _LEAST_COPIED_BYTES:
        with suppress(*_REFUSED):
            source, target = torch.ones((2, size), dtype=torch.uint8, device=device)
            return size, 2 * size / _best(partial(target.copy_, source), device, seconds)
        size //= 2
    raise RunError("peaks", device, "too little memory for a copy", "free memory of the device")


def _best(call: Callable[[], object], device: torch.device, seconds: float) -> float:
    """The time of the fastest call in seconds, after one that touches pages and loads kernels."""
    call()
    best, begin, on_gpu = math.inf, perf_counter(), device.type == "cuda"
    while best == math.inf or perf_counter() - begin < seconds:
        # Queued together on a GPU: a call that the device had to wait for would look slower than it is.
        marks = [_mark(device)]
        for _ in range(_REPEATS):
            call()
            marks.append(_mark(device))
        synchronize()
        gaps = (a.elapsed_time(b) / 1e3 if on_gpu else b - a for a, b in pairwise(marks))
        best = min(best, *gaps)
    return best


def _mark(device: torch.device) -> Any:
    """The current time: an event on a GPU, else the host's clock with the device idle."""
    if device.type == "cuda":
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        return torch.cuda.current_stream().record_event(event)
    synchronize()
    return perf_counter()
