"""Where it ran: what can be read whatever else is set."""

import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from samprof.record.device.environment import device_state, environment, gpu_uuid, uses_tf32
from tests.support.nvml import MIG, UUID, Library, install

CUDA = torch.device("cuda:0")

WAYS = {
    "": False,
    "matmul.allow_tf32 = True": True,
    "matmul.allow_tf32 = False": False,
    "matmul.fp32_precision = 'tf32'": True,
    "matmul.fp32_precision = 'ieee'": False,
    "torch.backends.fp32_precision = 'tf32'": True,
    "torch.set_float32_matmul_precision('high')": True,
}


def test_tf32_is_known_by_either_of_torchs_settings() -> None:
    # Each in a process of its own: torch refuses what mixes the two.
    program = (
        "import sys, torch\n"
        "from samprof.record.device.environment import uses_tf32\n"
        "import os\n"
        "matmul = torch.backends.cuda.matmul\n"
        "for number, way in enumerate(sys.argv[1:]):\n"
        "    if os.fork() == 0:\n"
        "        exec(way)\n"
        "        os._exit(uses_tf32())\n"
        "    print(os.waitstatus_to_exitcode(os.wait()[1]))\n"
    )
    ways = {
        way: answer
        for way, answer in WAYS.items()
        if "fp32_precision" not in way or hasattr(torch.backends.cuda.matmul, "fp32_precision")
    }
    done = subprocess.run(
        [sys.executable, "-c", program, *ways], capture_output=True, text=True, check=True
    )
    answers = [int(line) for line in done.stdout.split()]
    assert dict(zip(ways, answers, strict=True)) == {way: int(ways[way]) for way in ways}


def test_asking_changes_nothing() -> None:
    before = torch.get_float32_matmul_precision()
    uses_tf32()
    assert torch.get_float32_matmul_precision() == before


def as_cuda(monkeypatch: pytest.MonkeyPatch, uuid: str | None) -> None:
    """Makes torch tell of one CUDA device, whose name it gives without a prefix."""
    properties = SimpleNamespace(total_memory=2**37, major=9, minor=0)
    if uuid is not None:
        properties.uuid = uuid.partition("-")[2]
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: properties)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H200")


def test_a_cpu_has_no_uuid_and_a_gpu_has_the_one_nvml_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert gpu_uuid(torch.device("cpu")) is None
    as_cuda(monkeypatch, UUID)
    assert gpu_uuid(CUDA) == UUID
    as_cuda(monkeypatch, None)
    assert gpu_uuid(CUDA) is None


def test_the_state_is_that_of_the_device_of_this_name(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, Library())
    expected = {
        "clocks.sm": "1980 MHz",
        "clocks.mem": "2619 MHz",
        "temperature.gpu": "61",
        "power.draw": "699.5 W",
        "throttled": "power cap",
    }
    for uuid in (UUID, MIG):
        as_cuda(monkeypatch, uuid)
        assert device_state(CUDA) == expected
    about = environment(CUDA)
    assert (about["driver"], about["gpu_uuid"][4:]) == ("570.86.15", MIG[4:])
    # Whatever CUDA_VISIBLE_DEVICES makes of the numbers: a GPU that NVML does not know has no state.
    as_cuda(monkeypatch, UUID.replace("1", "9"))
    assert device_state(CUDA) == {}
    assert environment(CUDA)["driver"] == ""


def test_without_nvml_there_is_no_state_and_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, None)
    as_cuda(monkeypatch, UUID)
    assert device_state(CUDA) == {}
    assert environment(CUDA)["driver"] == ""
    assert device_state(torch.device("cpu")) == {}
