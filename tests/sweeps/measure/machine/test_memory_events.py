"""The kernel's count of processes that it killed for memory, in whatever form it is there."""

from pathlib import Path

import pytest

from samprof.sweeps.measure.machine.memory_events import oom_kills

V2, V1 = "0::/user/job\n", "4:memory:/user/job\n1:cpu:/\n0::/\n"
EVENTS = "low 0\nhigh 2\nmax 9\noom 3\noom_kill {}\noom_group_kill 8\n"
CONTROL = "oom_kill_disable 0\nunder_oom 0\noom_kill {}\n"
VMSTAT = "pgfault 12\noom_kill {}\nnuma_hit 5\n"


@pytest.fixture
def system(tmp_path: Path) -> tuple[Path, Path]:
    """Where the kernel shows processes and control groups: nothing is there yet."""
    (tmp_path / "proc" / "self").mkdir(parents=True)
    return tmp_path / "proc", tmp_path / "cgroup"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("groups", "file", "text"),
    [
        (V2, "user/job/memory.events", EVENTS),
        (V2, "memory.events", EVENTS),  # in a container: its own group is the root of what it sees
        (V1, "memory/user/job/memory.oom_control", CONTROL),
        (V1, "memory/memory.oom_control", CONTROL),
    ],
)
def test_the_own_group_decides_where_it_has_a_count(
    system: tuple[Path, Path], groups: str, file: str, text: str
) -> None:
    proc, cgroups = system
    write(proc / "self" / "cgroup", groups)
    write(proc / "vmstat", VMSTAT.format(70))
    assert oom_kills(proc, cgroups) == 70
    write(cgroups / file, text.format(4))
    assert oom_kills(proc, cgroups) == 4


def test_an_old_kernel_has_no_count_and_neither_has_another_system(
    system: tuple[Path, Path],
) -> None:
    proc, cgroups = system
    assert oom_kills(proc, cgroups) is None
    write(proc / "self" / "cgroup", "no such form")
    write(cgroups / "memory.events", "oom 3\n")
    assert oom_kills(proc, cgroups) is None
