"""Files that are there whole or not at all, and errors that travel between processes whole."""

import pickle
from pathlib import Path

import pytest

from samprof.errors import MissingPackageError, SamprofError, TraceError
from samprof.files import written_whole


def test_a_file_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "data"
    with written_whole(path) as file:
        file.write(b"one")
        assert not path.exists()
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), written_whole(path) as file:
        file.writelines([b"new", None])  # type: ignore[list-item]
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), written_whole(tmp_path / "no" / "data"):
        pass


@pytest.mark.parametrize(
    "error", [TraceError("load", "a", "b", "c"), MissingPackageError("sweep", "ray", "ray")]
)
def test_an_error_is_the_same_in_another_process(error: SamprofError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert (copy.operation, copy.subject, copy.remedy) == (
        error.operation,
        error.subject,
        error.remedy,
    )
