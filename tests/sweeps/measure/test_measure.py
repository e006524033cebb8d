"""What a sample says of errors of a GPU: memory that was not enough, and an error that stays."""

from pathlib import Path

import pytest
import torch
from torch import nn

from samprof.record.ranges.labels import ModelLabels
from samprof.sweeps.measure import measure
from samprof.sweeps.measure.engines import ThisProcess
from samprof.sweeps.measure.job import Job
from samprof.sweeps.measure.measure import is_out_of_memory
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.run.tables.verdict_notes import CPU_TIME_ONLY, recording_remarks
from samprof.sweeps.target import Target
from tests.support.targets import WIDTH, Net

# As torch, cuBLAS and cuDNN write them.
FULL = (
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    "cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`",
    "CUDA error: out of memory",
    "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate memory",
)
OTHER = (
    "CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`",
    "cuDNN error: CUDNN_STATUS_NOT_SUPPORTED",
    "CUDA error: device-side assert triggered",
)


@pytest.mark.parametrize("text", FULL)
def test_a_library_without_memory_is_out_of_memory(text: str) -> None:
    assert is_out_of_memory(RuntimeError(text))
    assert not is_out_of_memory(ValueError(text))


@pytest.mark.parametrize("text", OTHER)
def test_other_errors_of_these_libraries_are_none(text: str) -> None:
    assert not is_out_of_memory(RuntimeError(text))


def test_a_sample_outlives_an_error_that_every_later_call_raises_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = "CUDA error: device-side assert triggered"

    class Fails(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
            raise RuntimeError(stuck)

    def empty_cache() -> None:
        raise RuntimeError(stuck)

    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    monkeypatch.setattr(torch.cuda, "empty_cache", empty_cache)
    target = Target(Fails(), lambda size: torch.ones(size, 1), ModelLabels())
    plan = Plan(target.description(), (1,), rounds=1, repeats=1, warmup=1)
    sample = ThisProcess(lambda: target).measure(Job(plan, 1, tmp_path))
    assert (sample.status, sample.message) == ("failed", f"RuntimeError: {stuck}")


def test_a_gpu_of_which_nothing_is_recorded_is_told_loudly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A GPU without CUPTI: its profiler gives a trace like that of a CPU.
    def measured() -> Sample:
        net = Net()
        target = Target(net, lambda size: torch.ones(size, WIDTH), ModelLabels())
        plan = Plan(target.description(), (1,), rounds=1, repeats=1, warmup=1)
        return ThisProcess(lambda: target).measure(Job(plan, 1, tmp_path, timed=False))

    on_cpu = measured()
    monkeypatch.setattr(measure, "module_device", lambda _: torch.device("cuda"))
    on_gpu = measured()
    assert (on_cpu.status, on_cpu.time_source, on_cpu.notes) == ("ok", "cpu", [])
    assert (on_gpu.status, on_gpu.time_source, on_gpu.notes) == ("ok", "cpu", [CPU_TIME_ONLY])
    assert recording_remarks([Point(1, "eager", (on_cpu,))]) == ()
    (said,) = recording_remarks([Point(1, "eager", (on_cpu,)), Point(2, "eager", (on_gpu,))])
    assert said.startswith("Layer times are CPU time: the profiler recorded nothing of the GPU.")
