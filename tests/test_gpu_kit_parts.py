"""The parts of the GPU kit: its lines, its time, how its cases run and how it times by events."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.gpu import published, truth
from bench.gpu.__main__ import main
from bench.gpu.budget import Budget, Pace
from bench.gpu.check import Check, Limit, failed, none_of, not_run, shown, within
from bench.gpu.device import Cpu
from bench.gpu.kit import Case, Kit, Results
from bench.gpu.scale import DRY, DRY_LIMITS, Scale


def kit_of(out: Path, budget: Budget, scale: Scale = DRY) -> Kit:
    return Kit(Cpu(), scale, DRY_LIMITS, out, budget, Results(out / "results.json", {}))


def still(seconds: float) -> Budget:
    """So much time, of a clock that stands still."""
    return Budget(seconds, [("group", 1.0)], clock=lambda: 0.0)


def told(kit: Kit) -> list[str]:
    return [check.line() for check in kit.results.checks]


def test_a_case_that_raises_is_a_failed_line_and_the_others_go_on(tmp_path: Path) -> None:
    def breaks() -> Iterator[Check]:
        yield shown("first", 1)
        raise ValueError("two\nlines")

    def too_large() -> Iterator[Check]:
        raise torch.OutOfMemoryError("no room")
        yield

    kit = kit_of(tmp_path, still(1))
    others = [Case("last", lambda: [none_of("last", 0)]), Case("graph", list, lacking="needs CUDA")]
    kit.run_group("group", lambda _: [Case("a", breaks), Case("b", too_large), *others])
    assert told(kit) == [
        "shown   group: first: 1",
        "fail    group: a: ValueError: two lines",
        "not run group: b: out of memory",
        "pass    group: last: 0 (exactly 0)",
        "not run group: graph: needs CUDA",
    ]
    written = json.loads((tmp_path / "results.json").read_bytes())
    assert [check["verdict"] for check in written["checks"]] == [
        *("shown", "fail", "not run", "pass", "not run")
    ]


def test_a_group_whose_cases_cannot_be_made_is_a_failed_line(tmp_path: Path) -> None:
    def cases(kit: Kit) -> list[Case]:
        raise ImportError("no such module")

    kit = kit_of(tmp_path, still(1))
    kit.run_group("group", cases)
    assert told(kit) == ["fail    group: its cases: ImportError: no such module"]


def test_what_does_not_fit_is_left_out_and_what_fits_runs(tmp_path: Path) -> None:
    kit = kit_of(tmp_path, still(10), replace(DRY, cost=1.0))
    cases = [Case(f"{s} s", lambda s=s: [shown(f"{s} s", s)], lambda s=s: s) for s in (9, 11, 10)]  # type: ignore[misc]
    kit.run_group("group", lambda _: cases)
    assert told(kit) == [
        *("shown   group: 9 s: 9", "not run group: 11 s: time", "shown   group: 10 s: 10")
    ]


def test_a_case_that_outlasts_all_time_is_ended(tmp_path: Path) -> None:
    def endless() -> Iterator[Check]:
        yield shown("begun", 1)
        for _ in itertools.count():
            with pytest.MonkeyPatch.context():
                pass

    kit = kit_of(tmp_path, still(0.05))
    kit.run_group("group", lambda _: [Case("endless", endless)])
    assert told(kit) == [
        "shown   group: begun: 1",
        "not run group: endless: time ran out within it",
    ]


def test_groups_share_what_is_left() -> None:
    now = 0.0
    budget = Budget(100, [("a", 1), ("b", 1), ("c", 2)], clock=lambda: now)
    budget.begin("a")
    assert budget.fits(25)
    assert not budget.fits(25.1)
    now = 10  # a took less than its share: 90 s for b and c, of which b has a third
    budget.begin("b")
    assert budget.fits(30)
    assert not budget.fits(30.1)
    budget.begin("c")
    assert budget.fits(90)
    now = 100
    assert not budget.fits(0)


def test_the_pace_is_learnt_from_points_that_took_long() -> None:
    pace = Pace({"vit_b": 0.1}, fixed=2.0)
    assert pace.expected("vit_b", "float32", 10) == pytest.approx(3.0)
    assert pace.expected("vit_b", "bfloat16", 10) == pytest.approx(2.35)
    pace.learn("vit_b", "float32", 10, 3.9)  # mostly overhead
    assert pace.expected("vit_b", "float32", 10) == pytest.approx(3.0)
    pace.learn("vit_b", "float32", 10, 12.0)  # 10 s of 10 images
    assert pace.expected("vit_b", "float32", 30) == pytest.approx(32.0)


def test_a_used_folder_an_unknown_group_and_no_device_are_exit_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").write_text("")
    assert main(["--dry", "-o", str(tmp_path)]) == 2
    assert main(["--dry", "-o", str(tmp_path / "new"), "--only", "truth,nothing"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0].endswith("is not empty; choose another -o")
    assert "no group 'nothing'" in told[1]
    if not torch.cuda.is_available():
        assert main(["-o", str(tmp_path / "new")]) == 2
        assert "no CUDA device here" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == [tmp_path / "mine"]


@pytest.mark.parametrize(
    ("check", "line"),
    [
        (within("a", 1.5, Limit(0, 2), "%"), "pass    a: 1.50 % (0 to 2)"),
        (within("a", 2.5, Limit(0, 2), "%", "why"), "fail    a: 2.50 % (0 to 2) [why]"),
        (within("a", math.nan, Limit(low=0)), "fail    a: nan (at least 0)"),
        (none_of("a", 3, "rows"), "fail    a: 3 rows (exactly 0)"),
        (shown("a", 0.01234, "s"), "shown   a: 0.0123 s"),
        (not_run("a", "time"), "not run a: time"),
        (failed("a", "KeyError: 'b'"), "fail    a: KeyError: 'b'"),
    ],
)
def test_a_check_is_one_line(check: Check, line: str) -> None:
    assert check.line() == line


def test_published_numbers_stand_beside_ours() -> None:
    found = {("vit_b", "eager", 1): {"ms": 45.2, "bytes": 2789 * 2**20}}
    rows = {
        (row["source"], row["batch"], row["figure"]): row
        for row in published.beside(found)
        if row["variant"] == "eager" and row["model"] == "vit_b"
    }
    assert rows[published.FAST, 1, "ms"]["ratio"] == pytest.approx(45.2 / 90.4)
    assert rows[published.FAST, 1, "bytes"]["ratio"] == 1
    assert rows[published.FAST, 8, "ms"]["ours"] is None
    assert rows[published.FAST, 32, "ms"]["published"] is None
    # MiB at batch 1 and 8, seven images apart.
    expected = (19934 - 2789) / 7 * 2**20
    assert published.memory_per_image("vit_b", "eager", 8) == pytest.approx(expected)
    assert published.memory_per_image("vit_b", "eager", 32) is None


def test_differences_are_of_medians_and_of_long_pieces_only() -> None:
    events = {"a": [200_000.0, 100_000.0, 900_000.0], "short": [99_999.0], "unseen": [2e5]}
    found = {"a": [201_000.0], "short": [50_000.0]}
    assert truth.differences(found, events) == {"a": pytest.approx(0.5)}


def test_a_piece_that_the_device_had_reached_is_not_timed() -> None:
    class Fast(Cpu):
        """Reaches the first two marks of a forward before the host has queued what follows."""

        asked = 0

        def passed(self, mark: Any) -> bool:
            self.asked += 1
            return self.asked <= 2

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patch_embed, self.neck = torch.nn.Identity(), torch.nn.Identity()
            self.blocks = torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for part in (self.patch_embed, *self.blocks, self.neck):
                x = part(x)
            return x

    encoder = Encoder()
    times, share = truth.by_events(Fast(), encoder, torch.ones(1), 1, 0.0)
    assert times.keys() == {"blocks.1", "neck"}
    assert share == 0.5
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in encoder.modules())
