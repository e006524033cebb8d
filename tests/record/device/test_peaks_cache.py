"""The cache of peaks: written and read back, and broken files ignored."""

import json
import math
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import pytest

from samprof.errors import RunError
from samprof.record.device.peaks_cache import Peaks, cache_peaks, cached_peaks, peaks_from

PEAKS = Peaks(
    device_name="NVIDIA L4",
    flops_per_s={"float32": 3.0e13, "bfloat16": 1.21e14},
    bytes_per_s=2.6e11,
    date="2026-11-22",
    versions={"torch": "2.15.0", "cuda": "13.2", "driver": "580.1"},
    method="best of at least 3 repeats",
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache file."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "samprof" / "peaks.json"


def test_peaks_survive_json() -> None:
    assert peaks_from(json.loads(json.dumps(PEAKS.as_dict()))) == PEAKS
    assert list(PEAKS.as_dict()) == list(Peaks.__slots__)
    with pytest.raises(FrozenInstanceError):
        PEAKS.date = "2026-11-23"  # type: ignore[misc]


@pytest.mark.parametrize(
    "change",
    [
        {"device_name": 3},
        {"flops_per_s": {}},
        {"flops_per_s": None},
        {"flops_per_s": [1.0]},
        {"flops_per_s": {"float32": "fast"}},
        {"flops_per_s": {"float32": True}},
        {"flops_per_s": {"float32": 0}},
        {"flops_per_s": {"float32": -1.0}},
        {"flops_per_s": {"float32": math.nan}},
        {"flops_per_s": {"float32": 10**400}},
        {"bytes_per_s": math.inf},
        {"bytes_per_s": None},
        {"date": "yesterday"},
        {"date": 20261122},
        {"versions": {"torch": 2}},
        {"method": None},
    ],
)
def test_what_is_no_peak_is_none(change: dict[str, Any]) -> None:
    assert peaks_from(PEAKS.as_dict() | change) is None


@pytest.mark.parametrize("data", [None, [], {}, 3, "peaks", PEAKS.as_dict().keys()])
def test_what_are_no_peaks_are_none(data: object) -> None:
    assert peaks_from(data) is None


def test_a_missing_entry_is_no_peak_and_a_new_one_does_no_harm() -> None:
    for name in Peaks.__slots__:
        data = PEAKS.as_dict()
        del data[name]
        assert peaks_from(data) is None
    assert peaks_from(PEAKS.as_dict() | {"int8": 1}) == PEAKS


def test_cached_peaks_are_found_by_the_name_of_the_device(cache: Path) -> None:
    assert cached_peaks("NVIDIA L4") is None
    assert cache_peaks(PEAKS) == cache
    other = replace(PEAKS, device_name="AMD EPYC")
    cache_peaks(other)
    assert cached_peaks("NVIDIA L4") == PEAKS
    assert cached_peaks("AMD EPYC") == other
    assert cached_peaks("") is None
    newer = replace(PEAKS, date="2026-12-01")
    cache_peaks(newer)
    assert cached_peaks("NVIDIA L4") == newer
    assert cached_peaks("AMD EPYC") == other
    assert list(cache.parent.iterdir()) == [cache]
    assert set(json.loads(cache.read_text())) == {"NVIDIA L4", "AMD EPYC"}


BROKEN = [
    b"",
    b"\x00\xff\xfe",
    b"{",
    b"null",
    b"[1, 2]",
    b'"peaks"',
    b'{"NVIDIA L4": null}',
    b'{"NVIDIA L4": {"device_name": "NVIDIA L4"}}',
    b'{"results": [1, 2, 3]}',
    b"[" * 100_000,
    json.dumps({"NVIDIA L4": PEAKS.as_dict()}).encode()[:-20],
    json.dumps({"NVIDIA L4": PEAKS.as_dict() | {"bytes_per_s": math.nan}}).encode(),
]


@pytest.mark.parametrize("content", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_or_foreign_file_counts_as_none(cache: Path, content: bytes) -> None:
    cache.parent.mkdir()
    cache.write_bytes(content)
    assert cached_peaks("NVIDIA L4") is None
    cache_peaks(PEAKS)
    assert cached_peaks("NVIDIA L4") == PEAKS


def test_one_broken_entry_does_not_hide_the_others(cache: Path) -> None:
    cache.parent.mkdir()
    cache.write_text(json.dumps({"AMD EPYC": 3, "NVIDIA L4": PEAKS.as_dict()}))
    assert cached_peaks("AMD EPYC") is None
    assert cached_peaks("NVIDIA L4") == PEAKS


def test_a_folder_in_the_place_of_the_file_counts_as_none(cache: Path) -> None:
    cache.mkdir(parents=True)
    assert cached_peaks("NVIDIA L4") is None
    with pytest.raises(RunError, match="set XDG_CACHE_HOME to a folder that you can write to"):
        cache_peaks(PEAKS)
    assert list(cache.parent.iterdir()) == [cache]


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(cache: Path) -> None:
    cache.parent.write_text("a file where the folder belongs")
    assert cached_peaks("NVIDIA L4") is None
    with pytest.raises(
        RunError, match=r"cache peaks: NVIDIA L4: .*; set XDG_CACHE_HOME to a folder"
    ):
        cache_peaks(PEAKS)


@pytest.mark.parametrize("given", [None, "", "relative/path"])
def test_without_an_absolute_cache_folder_it_is_that_of_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if given is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", given)
    assert cache_peaks(PEAKS) == tmp_path / ".cache" / "samprof" / "peaks.json"
    assert cached_peaks("NVIDIA L4") == PEAKS


def test_nobody_without_a_home_is_in_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", home)
    assert cached_peaks("NVIDIA L4") is None
    with pytest.raises(RunError, match="Could not determine home directory"):
        cache_peaks(PEAKS)


def test_reading_cached_peaks_imports_no_torch(cache: Path) -> None:
    cache_peaks(PEAKS)
    code = (
        "import sys\nfrom samprof.record.device.peaks_cache import cached_peaks\n"
        "print(cached_peaks('NVIDIA L4').bytes_per_s, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["260000000000.0", "False"]
