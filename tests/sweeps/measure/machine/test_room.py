"""Whether other processes fit beside one that is there, from files as the kernel writes them."""

from pathlib import Path

import pytest

from samprof.sweeps.measure.machine.room import has_room

MEMORY = "MemTotal: 900 kB\nMemAvailable:     400 kB\n"


@pytest.mark.parametrize(
    ("peak", "size", "others", "fits"),
    [
        # One of size 1 took so many kB at most: one of size 4 is taken for four times as much.
        (50, 1, (4,), True),
        (51, 1, (4,), False),
        # One of size 2 did: one of size 1 is taken for as much.
        (100, 2, (1, 2), True),
        (101, 2, (1, 2), False),
    ],
)
def test_others_may_take_half_of_the_memory_left(
    tmp_path: Path, peak: int, size: int, others: tuple[int, ...], fits: bool
) -> None:
    (tmp_path / "meminfo").write_text(MEMORY)
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "status").write_text(f"Name: x\nVmHWM: {peak} kB\n")
    assert has_room(7, size, others, tmp_path, tmp_path) is fits


def test_where_memory_is_not_known_there_is_no_room(tmp_path: Path) -> None:
    assert not has_room(7, 1, [1], tmp_path, tmp_path)
    (tmp_path / "meminfo").write_text("MemTotal: 900 kB\n")
    assert not has_room(7, 1, [1], tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("version", "limit", "fits"),
    [
        *((2, "348656", True), (2, "348655", False), (2, "max", True)),
        *((1, "348656", True), (1, "348655", False)),
    ],
)
def test_what_a_control_group_around_allows_is_all_that_is_left(
    tmp_path: Path, version: int, limit: str, fits: bool
) -> None:
    """Of a job whose steps have none of their own: 150,000 bytes are taken, 97 KiB twice are needed."""
    (tmp_path / "meminfo").write_text(MEMORY)
    for folder in ("7", "self"):
        (tmp_path / folder).mkdir()
    (tmp_path / "7" / "status").write_text("VmHWM: 97 kB\n")
    line, root, names = (
        ("0::/job/step", tmp_path, ("memory.max", "memory.current"))
        if version == 2
        else (
            "7:memory:/job/step",
            tmp_path / "memory",
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        )
    )
    (tmp_path / "self" / "cgroup").write_text(f"{line}\n")
    (root / "job" / "step").mkdir(parents=True)
    for name, text in zip(names, (limit, "150000"), strict=True):
        (root / "job" / name).write_text(f"{text}\n")
    assert has_room(7, 1, [1], tmp_path, tmp_path) is fits
