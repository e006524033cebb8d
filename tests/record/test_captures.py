"""What was captured in one recording is kept, and is in the metadata of the next."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.record import captures
from samprof.record.export import _PIECE_BYTES, write_trace
from samprof.testing import TraceOptions
from samprof.testing import write_trace as write_generated
from tests.support.graphed import NODES, graphed
from tests.support.tracefile import TraceFile


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(captures, "_kept", [])


def is_captured(text: str, folder: Path) -> bool:
    """Whether writing this trace tells of a capture."""

    def write_plain(path: str) -> None:
        Path(path).write_text(text)

    return write_trace(write_plain, folder / "trace.json.gz", ())


@pytest.mark.parametrize("layout", ["event-lines", "one-line", "indented"])
def test_writing_a_trace_tells_of_a_capture(tmp_path: Path, layout: str) -> None:
    path = graphed().write(tmp_path / "plain.json", layout=layout)  # type: ignore[arg-type]
    assert is_captured(path.read_text(), tmp_path)


def test_the_name_of_the_call_is_found_between_two_pieces(tmp_path: Path) -> None:
    event = '{"name": "cudaStreamEndCapture", "pid": 1}'
    for missing in range(0, len(event), 5):
        assert is_captured(" " * (_PIECE_BYTES - missing) + event + "}", tmp_path)


def test_a_name_in_the_metadata_is_no_capture(tmp_path: Path) -> None:
    file = TraceFile()
    file.metadata["samprof"] = {"captures": [{"names": ["cudaStreamEndCapture", "pid"]}]}
    path = file.write(tmp_path / "plain.json", layout="one-line")
    assert not is_captured(path.read_text(), tmp_path)


def test_of_equal_and_of_many_captures_the_last_stay(tmp_path: Path) -> None:
    path = graphed().write(tmp_path / "trace.json")
    captures.keep_captures(path)
    captures.keep_captures(path)
    assert len(captures.kept_captures()) == 1
    for count in range(1, 40):
        captures.keep_captures(graphed(NODES * count).write(path))
    assert len(captures.kept_captures()) == 32
    captures.keep_captures(tmp_path / "nowhere.json")


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.neck = nn.Linear(2, 2)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.neck(x)
        return result


def test_a_later_recording_holds_what_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    write_generated(path, 4_400, TraceOptions(graphs=True, captures=1), steps=1)
    captures.keep_captures(path)
    with samprof.profile(Encoder(), name="image_encoder") as recording:
        recording._selection.module(torch.ones(1, 2))
    trace = recording.trace
    assert [len(one.launches) for one in trace.captures()] == [147, 14]
    # It changes nothing of what took place.
    layers = recording.layers()
    assert layers["path"].tolist() == ["image_encoder", "image_encoder.neck", "(outside)"]
    assert trace.check().ok
    assert "captures" not in trace.recorded
    saved = json.dumps(captures.kept_captures())
    assert len(saved) < 400_000
