"""What is said of compiled regions; how they are split is tested in test_compiled_regions."""

from pathlib import Path

import pytest

from samprof.trace import Trace
from tests.support.compiled import CALL, compiled_file
from tests.support.tables import TableBy, opened
from tests.support.tracefile import TraceFile


def notes(trace: Trace, by: TableBy = "auto") -> dict[str, str]:
    layers = trace.layers(by)
    return {path: note for path, note in zip(layers["path"], layers["note"], strict=True) if note}


@pytest.mark.parametrize(
    "name",
    ["Torch-Compiled Region: 3/0", "Torch-Compiled Region", "CompiledFunction"],
)
@pytest.mark.parametrize("cat", ["cpu_op", "user_annotation"])
def test_a_region_of_any_compiler_is_noted_where_it_ran(
    tmp_path: Path, name: str, cat: str
) -> None:
    file = TraceFile()
    file.range("net", 0, 100)
    file.range("net.part", 10, 50)
    file.event(cat, name, 20, 30)
    assert notes(opened(file, tmp_path)) == {"net.part": "compiled region, not split"}


def test_nothing_is_said_of_rows_that_are_ops(tmp_path: Path) -> None:
    assert notes(opened(compiled_file(), tmp_path), "op") == {}


def test_by_annotation_the_region_is_not_split(tmp_path: Path) -> None:
    file = compiled_file()
    file.step(0, 0, 3 * CALL)
    layers = opened(file, tmp_path).layers("annotation")
    assert not [path for path in layers["path"] if "blocks" in path]


def test_another_region_in_another_layer_has_its_own_note(tmp_path: Path) -> None:
    file = compiled_file()
    file.range("net.other", 3 * CALL, 100)
    file.op("Torch-Compiled Region: 1/0", 3 * CALL, 90)
    found = notes(opened(file, tmp_path))
    assert found["net.other"] == "compiled region, not split"
    assert found["net"].startswith("compiled region, split")


def test_the_share_that_stays_is_of_the_calls_that_are_split(tmp_path: Path) -> None:
    file = compiled_file(calls=2)
    # The second call loses what cannot be told apart from the first of two.
    second = [event for event in file.events if event["name"] == "aten::addmm"][3]
    file.events.remove(second)
    note = notes(opened(file, tmp_path))["net"]
    assert note == (
        f"compiled region, split by what its kernels were made from: {1 - 54_320 / CALL:.1%} stays "
        "here; compiled region, not split: it ran 5 kernels, not the 6 of its provenance in their "
        "order"
    )
