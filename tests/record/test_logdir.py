"""`profile(logdir=...)`: the recording in TensorBoard's directory, and never lost if that fails."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor
from torch_tb_profiler.consts import WORKER_PATTERN

import samprof
from samprof.errors import MissingPackageError, RecordingError, RunError
from samprof.trace import load_trace
from tests.record.models import small_net


def test_each_recording_is_a_span_with_its_table(x: Tensor, tmp_path: Path) -> None:
    net = small_net()
    profile = samprof.profile(net, name="a/net", logdir=tmp_path)
    recordings = []
    for _ in range(2):
        with profile as recording:
            net(x)
        recordings.append(recording)
    spans = sorted((tmp_path / "plugins" / "profile" / "a_net").iterdir())
    assert len(spans) == 2
    for span, recording in zip(spans, recordings, strict=True):
        match = WORKER_PATTERN.match(span.name)
        assert match is not None
        assert match[1] == "samprof-rank0"
        saved = load_trace(span)
        pd.testing.assert_frame_equal(saved.layers("samprof"), recording.layers())
        assert saved.metadata["distributedInfo"] == {"rank": 0, "world_size": 1}
    found = EventAccumulator(str(tmp_path / "a_net")).Reload().Tensors("layers/text_summary")
    # Files of one second are read in the order of their names, which say nothing of the step.
    events = sorted(found, key=lambda event: event.step)
    assert [event.step for event in events] == [0, 1]
    for event in events:
        text = event.tensor_proto.string_val[0].decode()
        assert all(f"| `{path}` |" in text for path in recordings[0].layers()["path"][:3])
        assert "(exact)" in text


def test_what_cannot_be_written_is_one_line_and_the_recording_stays(
    x: Tensor, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    net = small_net()
    remedy = "free space or choose another directory"
    with (
        pytest.raises(RunError, match=f"tensorboard: .*: Not a directory; {remedy}"),
        samprof.profile(net, name="net", logdir=tmp_path / "file") as recording,
    ):
        net(x)
    assert recording.layers()["path"].iloc[0] == "net"
    assert recording.save(tmp_path / "saved").is_file()
    assert recording.tensorboard(str(tmp_path / "logs")) == tmp_path / "logs"


def test_an_error_of_the_block_stays_the_error(x: Tensor, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    net = small_net()
    recordings: list[samprof.Recording] = []

    def fails(logdir: Path) -> None:
        with samprof.profile(net, name="net", logdir=logdir) as recording:
            recordings.append(recording)
            net(x)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        fails(tmp_path / "file")
    assert "Not a directory" in caught.value.__notes__[0]
    assert recordings[0].layers()["path"].iloc[0] == "net"
    with pytest.raises(ZeroDivisionError):
        fails(tmp_path / "logs")
    assert len(list((tmp_path / "logs" / "plugins" / "profile" / "net").iterdir())) == 1


def test_after_the_last_step_it_is_written_at_the_end(x: Tensor, tmp_path: Path) -> None:
    net = small_net()
    with samprof.profile(net, name="net", steps=1, logdir=tmp_path) as recording:
        net(x)
        recording.step()
        net(x)
    (span,) = (tmp_path / "plugins" / "profile" / "net").iterdir()
    assert len(load_trace(span).steps()) == 1


def test_inside_another_recording_there_is_no_trace_yet(x: Tensor, tmp_path: Path) -> None:
    net = small_net()
    inner = samprof.profile(net, name="inner", logdir=tmp_path / "logs")
    with samprof.profile(net, name="outer") as outer:
        with pytest.raises(RecordingError, match="profile: logdir: inside another recording"):
            inner.__enter__()
        net(x)
    assert outer.layers()["path"].iloc[0] == "outer"
    assert "inner" not in set(outer.layers()["path"])
    assert not (tmp_path / "logs").exists()


def test_without_tensorboard_nothing_is_recorded_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"pip install 'samprof\[tensorboard\]'"):
        samprof.profile(torch.nn.Identity(), logdir=tmp_path)
