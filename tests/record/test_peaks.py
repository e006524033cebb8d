"""Peaks are exact on a clock that only products and copies move; settings are restored."""

import math
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
import torch

from samprof.errors import RunError
from samprof.record import peaks as module
from samprof.record.peaks import current_versions, measure_peaks
from tests.support.versions import needs_torch

CPU = torch.device("cpu")
SIDE, BYTES = 16, 4096


class Clock:
    """A clock that moves when a product or a copy runs, and not otherwise."""

    def __init__(self) -> None:
        self.now = 0.0
        self.products: list[tuple[int, torch.dtype]] = []
        self.copies: list[int] = []

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Tiny sizes; a product takes 4, 2, 3, 4, 2, 3, ... seconds in turn, a copy 0.5."""
    clock = Clock()
    real = torch.mm

    def product(a: torch.Tensor, b: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
        clock.now += (4, 2, 3)[len(clock.products) % 3]
        clock.products.append((len(a), a.dtype))
        return real(a, b, out=out)

    copy = torch.Tensor.copy_

    def copied(self: torch.Tensor, source: torch.Tensor, *more: Any) -> torch.Tensor:
        clock.now += 0.5
        clock.copies.append(source.nbytes)
        return copy(self, source, *more)

    monkeypatch.setattr(module, "_FIRST_SIDE", SIDE)
    monkeypatch.setattr(module, "_LARGEST_SIDE", {"cpu": SIDE})
    monkeypatch.setattr(module, "_COPIED_BYTES", {"cpu": BYTES})
    monkeypatch.setattr(module, "_LEAST_COPIED_BYTES", BYTES // 4)
    monkeypatch.setattr(module, "perf_counter", clock)
    monkeypatch.setattr(torch, "mm", product)
    monkeypatch.setattr(torch.Tensor, "copy_", copied)
    return clock


@pytest.fixture
def tf32_setting() -> Iterator[None]:
    before = torch.get_float32_matmul_precision()
    yield
    torch.set_float32_matmul_precision(before)


def test_the_best_repeat_counts_two_operations_a_term(clock: Clock) -> None:
    peaks = measure_peaks(CPU)
    best = 2 * SIDE**3 / 2
    assert peaks.flops_per_s == {"float32": best, "bfloat16": best, "float16": best}
    dtypes = [dtype for _, dtype in clock.products]
    assert list(dict.fromkeys(dtypes)) == [torch.float32, torch.bfloat16, torch.float16]


def test_a_copy_counts_what_is_read_and_what_is_written(clock: Clock) -> None:
    assert measure_peaks(CPU).bytes_per_s == 2 * BYTES / 0.5
    assert set(clock.copies) == {BYTES}


def test_the_first_call_is_not_timed(clock: Clock) -> None:
    # Of a look and a measurement of three repeats each, one call more each.
    measure_peaks(CPU, seconds=0)
    assert len(clock.products) == 3 * 2 * (1 + 3)
    assert len(clock.copies) == 1 + 3


def test_measuring_goes_on_for_the_seconds_asked_for(clock: Clock) -> None:
    measure_peaks(CPU, seconds=4.0)
    # Three repeats take 1.5 seconds: after three rounds 4.5 have gone.
    assert len(clock.copies) == 1 + 9


def test_matrices_grow_as_far_as_the_time_allows(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LARGEST_SIDE", {"cpu": 4 * SIDE})
    real = torch.mm
    monkeypatch.setattr(torch, "mm", cubic(clock, real, emulated=torch.bfloat16))
    peaks = measure_peaks(CPU, seconds=10.0)
    assert "float32 64, bfloat16 16, float16 64;" in peaks.method
    # Seconds: a millionth an operation; of the emulated dtype a ten-thousandth.
    assert peaks.flops_per_s["float32"] == pytest.approx(1e6)
    assert peaks.flops_per_s["bfloat16"] == pytest.approx(1e4)


def cubic(clock: Clock, real: Callable[..., Any], emulated: torch.dtype) -> Callable[..., Any]:
    def product(a: torch.Tensor, b: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
        before = clock.now
        result = real(a, b, out=out)
        clock.now = before + 2 * len(a) ** 3 * (1e-4 if a.dtype == emulated else 1e-6)
        return result

    return product


def test_matrices_that_memory_refuses_are_left_out(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LARGEST_SIDE", {"cpu": 4 * SIDE})
    real = torch.randn

    def randn(shape: tuple[int, ...], **options: Any) -> torch.Tensor:
        if shape[-1] > 2 * SIDE:
            raise torch.OutOfMemoryError("no memory")
        return real(shape, **options)

    monkeypatch.setattr(torch, "randn", randn)
    peaks = measure_peaks(CPU, seconds=1000.0)
    assert f"float32 {2 * SIDE}," in peaks.method
    assert peaks.flops_per_s["float32"] == 2 * (2 * SIDE) ** 3 / 2


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("no memory"), MemoryError()])
def test_the_copy_halves_when_memory_is_short(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(torch, "ones", refusing(torch.ones, BYTES // 2, error))
    assert measure_peaks(CPU, seconds=0).bytes_per_s == 2 * (BYTES // 2) / 0.5
    assert set(clock.copies) == {BYTES // 2}


def test_no_memory_at_all_is_an_error_with_a_remedy(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "ones", refusing(torch.ones, 1, MemoryError()))
    with pytest.raises(RunError, match="too little memory for a copy; free memory of the device"):
        measure_peaks(CPU, seconds=0)


def refusing(real: Callable[..., Any], most: int, error: Exception) -> Callable[..., Any]:
    def made(shape: tuple[int, ...], **options: Any) -> torch.Tensor:
        if shape[-1] > most:
            raise error
        return real(shape, **options)

    return made


@pytest.mark.parametrize("error", [RuntimeError("not implemented for 'Half'"), TypeError("none")])
def test_a_dtype_that_the_device_cannot_multiply_is_left_out(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    real = torch.mm

    def product(a: torch.Tensor, b: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
        if a.dtype == torch.float16:
            raise error
        return real(a, b, out=out)

    monkeypatch.setattr(torch, "mm", product)
    peaks = measure_peaks(CPU, seconds=0)
    assert list(peaks.flops_per_s) == ["float32", "bfloat16"]
    assert "float16 " not in peaks.method.replace("bfloat16 ", "")


def test_a_device_without_numbers_has_no_peaks(clock: Clock) -> None:
    with pytest.raises(
        RunError, match=r"peaks: meta: no matrix product runs on it \(.+\); free its memory"
    ):
        measure_peaks(torch.device("meta"), seconds=0)


def test_where_and_when_it_was_measured_is_said(clock: Clock) -> None:
    peaks = measure_peaks(CPU, seconds=0)
    assert peaks.device_name
    assert date.fromisoformat(peaks.date) <= date.today()
    assert peaks.versions == current_versions(CPU)
    assert peaks.versions == {
        "torch": torch.__version__,
        "threads": str(torch.get_num_threads()),
    }
    assert "bytes read plus bytes written" in peaks.method
    assert "best of" in peaks.method


def test_random_numbers_of_the_program_are_not_used_up(clock: Clock) -> None:
    before = torch.get_rng_state()
    measure_peaks(CPU, seconds=0)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("precision", ["highest", "high", "medium"])
@pytest.mark.parametrize("error", [RuntimeError("broken"), KeyboardInterrupt()])
def test_the_tf32_setting_is_put_back_after_an_error(
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    tf32_setting: None,
    precision: str,
    error: BaseException,
) -> None:
    torch.set_float32_matmul_precision(precision)
    before = torch.backends.cuda.matmul.allow_tf32
    assert before == (precision != "highest")

    def product(*_: torch.Tensor, **__: torch.Tensor) -> torch.Tensor:
        raise error

    monkeypatch.setattr(torch, "mm", product)
    with pytest.raises((RunError, KeyboardInterrupt)):
        measure_peaks(CPU, seconds=0)
    assert torch.backends.cuda.matmul.allow_tf32 == before
    assert torch.get_float32_matmul_precision() == precision


class Event:
    """A mark in the time of a device, in milliseconds."""

    def __init__(self, *, enable_timing: bool) -> None:
        assert enable_timing
        self.at = math.nan

    def elapsed_time(self, later: "Event") -> float:
        return (later.at - self.at) * 1e3


class Stream:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def record_event(self, event: Event) -> Event:
        event.at = self.clock.now
        return event


@pytest.fixture
def gpu(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> torch.device:
    """A device that says it is CUDA and counts on the CPU."""

    class Cuda:
        type = "cuda"

        def __str__(self) -> str:
            return "cuda:0"

    def on_cpu(real: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *given, **options: real(*given, **options | {"device": "cpu"})

    monkeypatch.setattr(torch, "randn", on_cpu(torch.randn))
    monkeypatch.setattr(torch, "ones", on_cpu(torch.ones))
    generator = torch.Generator
    monkeypatch.setattr(torch, "Generator", lambda _: generator("cpu"))
    monkeypatch.setattr(torch.cuda, "device", lambda _: module.nullcontext())
    monkeypatch.setattr(torch.cuda, "Event", Event)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: Stream(clock))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 9))
    monkeypatch.setattr(module, "device_name", lambda _: "NVIDIA L4")
    about = {"cuda": "13.2", "driver": "580.1", "threads": 2}
    monkeypatch.setattr(module, "environment", lambda _: about)
    return Cuda()  # type: ignore[return-value]


def test_a_gpu_is_timed_by_its_events(gpu: torch.device, clock: Clock) -> None:
    peaks = measure_peaks(gpu, seconds=0)
    best = 2 * SIDE**3 / 2
    assert list(peaks.flops_per_s) == ["float32", "tf32", "bfloat16", "float16"]
    assert list(peaks.flops_per_s.values()) == pytest.approx([best] * 4)
    assert peaks.bytes_per_s == pytest.approx(2 * BYTES / 0.5)
    assert peaks.versions == {"torch": torch.__version__, "cuda": "13.2", "driver": "580.1"}


@needs_torch("2.9")
@pytest.mark.parametrize("precision", ["highest", "high", "medium"])
def test_float32_is_measured_without_tf32_and_with_it(
    gpu: torch.device,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    tf32_setting: None,
    precision: str,
) -> None:
    torch.set_float32_matmul_precision(precision)
    before = torch.backends.cuda.matmul.fp32_precision
    real, seen = torch.mm, []

    def product(a: torch.Tensor, b: torch.Tensor, *, out: torch.Tensor) -> torch.Tensor:
        if a.dtype == torch.float32:
            seen.append(torch.backends.cuda.matmul.fp32_precision)
        return real(a, b, out=out)

    monkeypatch.setattr(torch, "mm", product)
    measure_peaks(gpu, seconds=0)
    assert seen == ["ieee"] * 8 + ["tf32"] * 8
    assert torch.backends.cuda.matmul.fp32_precision == before
    assert torch.get_float32_matmul_precision() == precision


@pytest.mark.parametrize("precision", ["highest", "high", "medium"])
def test_older_versions_of_torch_have_one_setting(
    tf32_setting: None, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.backends.cuda, "matmul", object())
    torch.set_float32_matmul_precision(precision)
    for on, expected in ((False, "highest"), (True, "high")):
        with module._tf32(on):
            assert torch.get_float32_matmul_precision() == expected
        assert torch.get_float32_matmul_precision() == precision


def test_old_gpus_have_no_tf32(gpu: torch.device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    assert "tf32" not in measure_peaks(gpu, seconds=0).flops_per_s
