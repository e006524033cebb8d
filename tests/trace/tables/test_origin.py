"""Where a trace was recorded."""

from pathlib import Path
from typing import Any

import pytest

from samprof.trace.tables.origin import NO_DEVICE, Origin, origin_of
from tests.support.tables import opened
from tests.support.tracefile import TraceFile


def recorded(folder: Path, *devices: int, **metadata: Any) -> Origin:
    """The origin of a trace with a kernel on each of these devices."""
    file = TraceFile(metadata={"schemaVersion": 1, **metadata})
    for correlation, device in enumerate(devices):
        file.launch(correlation, 10 * correlation)
        file.kernel(correlation, 1000 + 10 * correlation, 5, device=device)
    return origin_of(opened(file, folder))


DEVICES = [{"id": 0, "name": "A100"}, {"id": 1, "name": "H200"}, {"id": 2, "name": ""}]


@pytest.mark.parametrize(
    ("active", "name"),
    [((0,), "A100"), ((1, 1), "H200"), ((0, 1), "A100 and H200"), ((2,), ""), ((), NO_DEVICE)],
)
def test_devices_are_those_that_were_active(
    tmp_path: Path, active: tuple[int, ...], name: str
) -> None:
    assert recorded(tmp_path, *active, deviceProperties=DEVICES).device == name


@pytest.mark.parametrize("properties", [None, "A100", [1], [{"id": 0}], [{"id": 0, "name": 7}]])
def test_what_the_file_does_not_say_well_is_not_known(tmp_path: Path, properties: Any) -> None:
    assert recorded(tmp_path, 0, deviceProperties=properties).device == ""


@pytest.mark.parametrize(
    ("metadata", "text"),
    [
        ({"cuda_runtime_version": 12040}, "CUDA 12.4"),
        ({"cuda_runtime_version": 11080}, "CUDA 11.8"),
        ({"hip_runtime_version": 60443483}, "HIP 6.4"),
        ({"cuda_runtime_version": "12040"}, ""),
        ({}, ""),
    ],
)
def test_versions_of_cuda_and_hip(tmp_path: Path, metadata: dict[str, Any], text: str) -> None:
    assert recorded(tmp_path, **metadata).software == text


def test_dtypes_are_those_of_matrix_products_the_most_flops_first(tmp_path: Path) -> None:
    file = TraceFile()
    # 2 * 8 * 8 * 8 = 1024 FLOPs each: 1 in float32, 2 in bfloat16; the addition does not count.
    for place, (op, dtype) in enumerate(
        (
            ("aten::mm", "float"),
            ("aten::mm", "c10::BFloat16"),
            ("aten::mm", "c10::BFloat16"),
            ("aten::add", "double"),
        )
    ):
        inputs = {"Input Dims": [[8, 8], [8, 8]], "Input type": [dtype, dtype]}
        file.op(op, 100 * place, 50, **inputs, **{"Concrete Inputs": ["", ""]})
    assert origin_of(opened(file, tmp_path)).dtype == "bfloat16 and float32"


def test_without_shapes_the_dtype_is_not_known(tmp_path: Path) -> None:
    file = TraceFile()
    file.op("aten::mm", 0, 50)
    assert origin_of(opened(file, tmp_path)).dtype == ""
