"""`Recording.save`: a file that reads back as the same tables, or one line that says why not."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.errors import RunError
from samprof.trace import load_trace
from tests.record.models import Add, calls, small_net
from tests.record.process import Programs

FILE = "rank0.pt.trace.json.gz"


def recorded(net: nn.Module, x: Tensor, steps: int = 1) -> samprof.Recording:
    with samprof.profile(net, name="net") as recording:
        for _ in range(steps):
            net(x)
            recording.step()
    return recording


def test_the_saved_file_reads_back_as_the_same_tables(x: Tensor, tmp_path: Path) -> None:
    recording = recorded(small_net(), x, steps=2)
    path = recording.save(tmp_path / "made" / "for it")
    assert path == tmp_path / "made" / "for it" / FILE
    assert [file.name for file in path.parent.iterdir()] == [FILE]
    saved = load_trace(path)
    pd.testing.assert_frame_equal(saved.layers(), recording.layers())
    pd.testing.assert_frame_equal(saved.kernels(), recording.kernels())
    pd.testing.assert_frame_equal(saved.memory(), recording.memory())
    assert saved.steps() == recording.trace.steps()
    assert saved.recorded == recording.trace.recorded
    assert saved.check() == recording.trace.check()


def test_the_file_says_its_rank(x: Tensor, tmp_path: Path) -> None:
    saved = load_trace(recorded(Add(), x).save(str(tmp_path)))
    assert saved.metadata["distributedInfo"] == {"rank": 0, "world_size": 1}


def test_the_file_of_a_distributed_process_says_its_rank(x: Tensor, tmp_path: Path) -> None:
    from torch.testing._internal.distributed.fake_pg import FakeStore

    torch.distributed.init_process_group("fake", rank=3, world_size=4, store=FakeStore())
    try:
        path = recorded(Add(), x).save(tmp_path)
    finally:
        torch.distributed.destroy_process_group()
    assert path.name == "rank3.pt.trace.json.gz"
    assert load_trace(path).metadata["distributedInfo"]["rank"] == 3


def test_saving_again_replaces_the_file(x: Tensor, tmp_path: Path) -> None:
    net = Add()
    first, second = recorded(net, x), recorded(net, x, steps=3)
    assert first.save(tmp_path) == second.save(tmp_path)
    once = (tmp_path / FILE).read_bytes()
    assert second.save(tmp_path).read_bytes() == once
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
    assert calls(load_trace(tmp_path / FILE).layers()) == {"net": 3}


@pytest.mark.parametrize("below", ["", "deep/er"])
def test_a_folder_that_is_a_file_is_a_one_line_error(below: str, x: Tensor, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(RunError) as caught:
        recorded(Add(), x).save(file / below)
    assert str(caught.value).startswith(f"save: {file / below / FILE}: ")
    assert "\n" not in str(caught.value)
    assert file.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [file]


def test_a_target_that_is_a_folder_is_a_one_line_error_and_leaves_no_part(
    x: Tensor, tmp_path: Path
) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(RunError, match=r"^save: .*; "):
        recorded(Add(), x).save(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


LIMITED = """
import resource, sys
import torch, samprof
net, x = torch.nn.Linear(2, 2), torch.ones(1, 2)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
with samprof.profile(net, name="net") as recording:
    net(x)
limit(400)
try:
    recording.save(sys.argv[1])
except samprof.SamprofError as error:
    print(type(error).__name__, error)
with samprof.profile(net, name="net") as too_large:
    net(x)
try:
    too_large.layers()
except samprof.SamprofError as error:
    print(type(error).__name__, error)
limit(hard)
with samprof.profile(net, name="net") as recording:
    net(x)
print(recording.layers()["calls"].tolist())
"""


def test_a_full_disk_is_a_one_line_error_that_leaves_no_part(
    programs: Programs, tmp_path: Path
) -> None:
    saving, reading, again = programs.run(LIMITED, tmp_path / "out")
    target = tmp_path / "out" / FILE
    assert saving == f"RunError save: {target}: File too large; free space or choose another path"
    assert list((tmp_path / "out").iterdir()) == []
    # The session's own file in the temporary folder did not fit either.
    assert reading.startswith("RecordingError recording: trace: ")
    assert reading.endswith("; free space in the temporary directory, or set TMPDIR")
    assert again == "[1, 0]"


def test_without_a_temporary_folder_the_recording_says_so(
    x: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    recording = recorded(Add(), x)
    with pytest.raises(samprof.SamprofError, match="TMPDIR"):
        recording.layers()


def test_the_temporary_folder_goes_with_the_recording_when_another_has_ended(
    x: Tensor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    recording = recorded(Add(), x)
    recording.layers()
    (folder,) = tmp_path.iterdir()
    assert [file.name for file in folder.iterdir()] == ["trace.json.gz"]
    del recording
    assert list(tmp_path.iterdir()) == [folder]  # `samprof.last` still gives it
    recorded(Add(), x)
    (other,) = tmp_path.iterdir()
    assert other != folder
