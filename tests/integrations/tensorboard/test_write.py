"""What is written for TensorBoard, and what is left alone."""

import sys
from pathlib import Path

import pytest
import torch

import samprof
from samprof.errors import MissingPackageError, RunError
from samprof.sweeps.run.run import Run
from tests.support.targets import WIDTH, Net
from tests.support.tensorboard import events_in


def test_pictures_are_the_figures(run: Run, logdir: Path) -> None:
    tags = events_in(logdir / "eager").Tags()["images"]
    assert {"batching", "layers", "modules", "timeline", "components"} <= set(tags)
    assert (
        "components" not in events_in(logdir / "other").Tags()["images"]
    )  # one picture for all variants
    picture = events_in(logdir / "eager").Images("layers")[0]
    assert picture.encoded_image_string.startswith(b"\x89PNG")
    assert (picture.width, picture.height) > (800, 300)


def test_writing_again_replaces_what_is_samprofs_only(tmp_path: Path) -> None:
    run = samprof.sweep(Net(), torch.ones(1, WIDTH), [1], out=tmp_path / "run", rounds=1, repeats=1)
    run.tensorboard(tmp_path / "logs")
    theirs = tmp_path / "logs" / "eager" / "events.out.tfevents.1.host.2.0"
    stale = tmp_path / "logs" / "plugins" / "profile" / "b0009" / "samprof-rank0.1.pt.trace.json.gz"
    stale.parent.mkdir()
    for path in (theirs, stale):
        path.write_bytes(b"")
    assert run.tensorboard(str(tmp_path / "logs")) == tmp_path / "logs"
    ours = [path for path in (tmp_path / "logs").rglob("events.*") if path.suffix == ".samprof"]
    assert sorted(path.parent.name for path in ours) == ["b0001", "eager"]
    assert theirs.exists()
    assert not stale.exists()


def test_a_directory_that_cannot_be_written_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = r"tensorboard: .*file: File exists; free space or choose another directory"
    with pytest.raises(RunError, match=said):
        run.tensorboard(tmp_path / "file")


def test_without_tensorboard_it_says_what_to_install(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'samprof\[tensorboard\]'"):
        run.tensorboard(tmp_path)
