"""What is written for TensorBoard, and what is left alone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

import samprof
from samprof.errors import MissingPackageError, RunError, TraceError
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


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """What a disk that is nearly full does: a file cannot grow."""
    resource = pytest.importorskip("resource")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_cannot_be_written_leaves_the_former_files(
    run: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    logs = tmp_path / "logs"
    for name in ("eager/events.1.samprof", "plugins/profile/b1/samprof-rank0.1.pt.trace.json"):
        (logs / name).parent.mkdir(parents=True)
        (logs / name).write_bytes(b"former")
    former = contents(logs)
    said = "tensorboard: .*: File too large; free space or choose another directory"
    with files_no_larger_than(20_000), pytest.raises(RunError, match=said):
        run.tensorboard(logs)
    assert contents(logs) == former
    assert not [path for path in logs.iterdir() if path.name.startswith(".")]
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "cause"),
    [(b"a secret", "not JSON"), (b'{"a": 1}', "JSON without a traceEvents list")],
)
def test_what_is_no_trace_is_not_linked(
    run: Run, tmp_path: Path, content: bytes, cause: str
) -> None:
    copy = run.save(tmp_path / "run")
    trace = Run(copy).trace_path(2)
    trace.unlink()
    trace.write_bytes(content)
    with pytest.raises(TraceError, match=f"load: .*{trace.name}: {cause}"):
        Run(copy).tensorboard(tmp_path / "logs")
    assert not (tmp_path / "logs").exists()


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
