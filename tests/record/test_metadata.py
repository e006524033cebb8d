"""Names come back from the trace file as they went in, and the file says how it was recorded."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.trace import Trace, load_trace
from tests.record.models import Add, Holder, calls, column

# What `add_module` allows: anything but a dot and the empty name.
NAMES = (
    'say "hi"',
    "it's",
    "back\\slash",
    "back/slash",
    "\\",
    '"',
    "\\n",
    "new\nline",
    "tab\tstop",
    "null\0byte",
    "bell\x07",
    "日本語",
    "é",
    "🎉",
    "\u2028",
    "<script>alert(1)</script>",
    "a > b",
    "(outside)",
    "{}[],:",
    "%20",
    "per%cent",
    " ",
    "  spaces  ",
    "samprof:",
    "nn",
    "x" * 3000,
)


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trace]:
    """The trace of a module with a child of each name: as recorded, and read from a saved file."""
    net = Holder(NAMES)
    with samprof.profile(net, name="net") as recording:
        net(torch.ones(1, 2))
    saved = recording.save(tmp_path_factory.mktemp("saved"))
    return {"recorded": recording.trace, "saved": load_trace(saved)}


@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name)[:30])
def test_the_name_of_a_module_comes_back_as_it_was(name: str, held: dict[str, Trace]) -> None:
    for trace in held.values():
        table = trace.layers()
        assert calls(table).get(f"net.{name}") == 1
        assert column(table, "type").get(f"net.{name}") == "Add"


def test_there_is_one_row_for_each_name_and_no_other(held: dict[str, Trace]) -> None:
    assert list(calls(held["saved"].layers())) == ["net", *(f"net.{name}" for name in NAMES)]


@pytest.mark.parametrize("name", ["日本語", 'a "b" \\ c', "<b>", "a.b", "a b"])
def test_the_name_of_the_root_comes_back_as_it_was(name: str, x: Tensor) -> None:
    net = Holder(["part"])
    with samprof.profile(net, name=name) as recording:
        net(x)
    assert calls(recording.layers()) == {name: 1, f"{name}.part": 1}
    with samprof.profile(Add(), name="outer"), samprof.profile(net, name=name) as recording:
        net(x)
    assert calls(recording.layers()) == {name: 1, f"{name}.part": 1}


def test_a_name_on_another_thread_comes_back_as_it_was(x: Tensor) -> None:
    from threading import Thread

    net = Holder(NAMES)
    with samprof.profile(net, name="net") as recording:
        thread = Thread(target=net, args=(x,))
        thread.start()
        thread.join()
    assert list(calls(recording.layers())) == ["net", *(f"net.{name}" for name in NAMES)]


def test_a_name_that_utf8_cannot_hold_does_not_stop_the_recording(x: Tensor) -> None:
    net = Holder(["lone \ud800 surrogate", "part"])
    with samprof.profile(net, name="net") as recording:
        net(x)
    found = calls(recording.layers())
    assert len(found) == 3
    assert found["net.part"] == 1


def test_a_class_named_by_its_author_comes_back_as_it_was(x: Tensor) -> None:
    net = type('Größe "<1>"\\', (Add,), {})()
    with samprof.profile(net) as recording:
        net(x)
    assert column(recording.layers(), "type") == {'Größe "<1>"\\': 'Größe "<1>"\\'}


@pytest.mark.parametrize("granularity", ["block", "layer", "op"])
def test_the_file_says_what_was_recorded(
    encoder: nn.Module, image: Tensor, granularity: Any, tmp_path: Path
) -> None:
    with torch.no_grad(), samprof.profile(encoder, granularity=granularity) as recording:
        encoder(image)
    said = load_trace(recording.save(tmp_path)).recorded
    assert said["version"] == samprof.__version__
    assert said["schema"] == 1
    assert said["granularity"] == granularity
    assert said["roots"] == ["image_encoder"]
    assert said["ranges"] in ("_RecordFunctionFast", "record_function")
    assert said["modules"]["image_encoder.blocks.0"] == ["Block", "window block"]
    functions = {
        "window_partition()": "window partition",
        "window_unpartition()": "window partition",
        "add_decomposed_rel_pos()": "relative position",
    }
    assert said["functions"] == (functions if granularity == "op" else {})


def test_the_file_names_all_recordings_that_shared_the_session(x: Tensor, tmp_path: Path) -> None:
    net, other = Holder(["part"]), Add()
    with samprof.profile(net, name="net") as outer, samprof.profile(other, name="other"):
        net(x)
        other(x)
    said = load_trace(outer.save(tmp_path)).recorded
    assert said["roots"] == ["net", "other"]
    assert said["modules"] == {
        "net": ["Holder", ""],
        "net.part": ["Add", ""],
        "other": ["Add", ""],
    }
