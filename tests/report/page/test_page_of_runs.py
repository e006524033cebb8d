"""One page of several runs, or of the variants of one; what it says of how they were made."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from playwright.sync_api import Browser

import samprof
from samprof.analysis.device.roofline import Roof
from samprof.analysis.scaling.axis import BATCH_SIZE
from samprof.cli.main import main
from samprof.errors import MissingPackageError
from samprof.report.page import document
from samprof.report.page import page as html
from samprof.report.page.chart_parts import Drawing
from samprof.report.page.compare import Sides
from samprof.report.page.forward_charts import timeline_chart
from samprof.report.page.layer_charts import layer_lines
from samprof.report.page.roofline_chart import roofline_chart
from samprof.report.page.tables import commands_text
from samprof.sam.axes import AXES
from samprof.sweeps.about import About
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.page import sides_of
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from tests.report.pages import SCRIPT, hostile
from tests.support.targets import WIDTH, Net
from tests.support.times import with_times

pytest_plugins = ["tests.support.browser"]

BEFORE = {"wall": 420, "net": 400, "net.first": 100, "net.second": 250, "(outside)": 10}
AFTER = BEFORE | {"wall": 700, "net": 650, "net.second": 500}


def copied(run: Path, out: Path, variant: str = "eager") -> Path:
    """The run again with a slower second layer, in another directory or as another variant."""
    if not out.exists():
        shutil.copytree(run, out)
    for path in (run / "points").glob("b????.json"):
        point = with_times(json.loads(path.read_text()), AFTER, variant)
        name = path.name if variant == "eager" else f"{path.stem}-{variant}.json"
        (out / "points" / name).write_text(json.dumps(point))
    return out


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real sweep of a tiny net, whose times are set: what the machine measured is noise."""
    out = tmp_path_factory.mktemp("runs") / "before"
    samprof.sweep(
        Net(), torch.ones(1, WIDTH), [1, 2], rounds=4, repeats=1, warmup=0, name="net", out=out
    )
    for path in (out / "points").iterdir():
        path.write_text(json.dumps(with_times(json.loads(path.read_text()), BEFORE)))
    return out


@pytest.fixture
def before(measured: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(measured, tmp_path / "before"))


def test_several_runs_are_compared_on_one_page(
    before: Path, tmp_path: Path, browser: Browser, capsys: pytest.CaptureFixture[str]
) -> None:
    after, third = copied(before, tmp_path / f"after {SCRIPT[:8]}"), tmp_path / "third"
    shutil.copytree(before, third)
    target = tmp_path / "both.html"
    assert main(["report", *map(str, (before, after, third)), "-o", str(target)]) == 0
    assert capsys.readouterr().out == f"{target}\n"
    page = browser.new_page()
    words: list[str] = []
    page.on("console", lambda message: words.append(message.text))
    page.on("pageerror", lambda error: words.append(str(error)))
    page.goto(target.as_uri())
    page.wait_for_selector("html[data-drawn]", state="attached")
    assert page.locator(".verdict h2").all_inner_texts() == ["before", "after <script>", "third"]
    assert page.locator("h2").all_inner_texts()[3] == "Comparison"
    # Points of three runs at two sizes, one line each.
    assert page.locator("#compared-1 .mark-symbol.role-mark > path").count() == 6
    assert page.locator("#compared-1 .mark-line.role-mark > path").count() == 3
    cells = page.locator("#comparison-1 tbody tr", has_text="second").locator("td")
    assert cells.nth(0).inner_text() == "2.00 slower"
    assert cells.nth(0).get_attribute("data-change") == "slower"
    said = page.locator("#comparison p").first.inner_text()
    assert said.startswith("3 of 5 rows changed beyond noise: net.second 2.00x at all sizes")
    unchanged = page.locator("#comparison-2 tbody td[data-change]")
    assert unchanged.count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert words == []
    page.close()


def test_runs_with_one_size_in_common_are_compared_at_it(before: Path, tmp_path: Path) -> None:
    after, target = copied(before, tmp_path / "after"), tmp_path / "both.html"
    (after / "points" / "b0002.json").unlink()
    assert main(["report", str(before), str(after), "-o", str(target)]) == 0
    said = target.read_text()
    assert "net.second 2.00x at batch 1" in said
    assert "at all sizes" not in said


def test_a_run_that_is_given_again_is_numbered(before: Path) -> None:
    sides = sides_of([Run(before).data] * 2)
    assert sides is not None
    assert list(sides.points) == [str(before), f"{before} (2)"]


def test_the_variants_of_a_run_are_compared(before: Path) -> None:
    assert sides_of([Run(before).data]) is None
    copied(before, before, "bf16")
    sides = sides_of([Run(before).data])
    assert sides is not None
    assert list(sides.points) == ["eager", "bf16"]
    (pair,) = sides.pairs
    assert pair.names == ("eager", "bf16")
    assert pair.table is not None
    ratios = pair.table[pair.table["path"] == "net.second"]["ratio"]
    assert ratios.round(3).tolist() == [2.0, 2.0, 2.0]  # over all sizes, and at both
    assert [column.header for column in sides.overview().columns][-1] == "peak memory"


@pytest.mark.parametrize(
    ("noisy", "shown"),
    [(set(), ["1.00", "2.00"]), ({"new"}, ["1.00", "undecided"]), ({"old"}, ["1.00", "undecided"])],
)
def test_no_speed_up_stands_beside_a_side_that_was_not_clean(
    noisy: set[str], shown: list[str]
) -> None:
    points = {
        name: pd.DataFrame(
            {
                "size": [1],
                "status": ["noisy" if name in noisy else "ok"],
                "units_per_s": [rate],
                "wall_ns": [1e9 / rate],
                "peak_memory_bytes": [1],
            }
        )
        for name, rate in (("old", 10.0), ("new", 20.0))
    }
    columns = {column.header: column for column in Sides(points, (), BATCH_SIZE).overview().columns}
    assert list(columns["speed-up"].values) == shown


def test_runs_over_different_things_stand_side_by_side_with_the_reason(
    before: Path, tmp_path: Path
) -> None:
    other = copied(before, tmp_path / "other")
    data = json.loads((other / "run.json").read_text())
    data["asked"] |= {"over": "prompts", "axis": AXES["prompts"].as_dict()}
    (other / "run.json").write_text(json.dumps(data))
    sides = sides_of([Run(before).data, Run(other).data])
    assert sides is not None
    assert sides.axis is None
    assert sides.charts() == []
    (pair,) = sides.pairs
    assert pair.table is None
    assert pair.notes[-1].startswith("not compared: swept over prompts, and ")
    assert "speed-up" not in [column.header for column in sides.overview().columns]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "several runs, and no file to write their page to; give -o FILE"),
        (["-o", "x.html", "--figures", "y"], "give one run at a time"),
    ],
)
def test_several_runs_need_a_place_for_their_page(
    before: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(before), str(before), *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert message in captured.err


def test_a_run_keeps_the_commands_that_made_it(before: Path) -> None:
    call = "samprof.sweep(tests.support.targets.Net(...), inputs, [1, 2], repeats=1, warmup=0,"
    assert commands_text(Run(before).summary())[0].startswith(call)
    store, words = RunDirectory(before), ["samprof", "sweep", "--out", "a b"]
    store.write_command(words)
    store.write_command(words)
    store.write_command([*words, "--variant", "bf16"])
    run = Run(before)
    assert run.data.commands == [words, [*words, "--variant", "bf16"]]
    asked = run.asked
    again = Plan(
        target=asked["target"], sizes=(4,), repeats=asked["repeats"], warmup=asked["warmup"]
    )
    store.begin(again, About(run.target, run.environment), fresh=False)
    assert Run(before).data.commands == run.data.commands
    assert commands_text(run.summary())[0] == "samprof sweep --out 'a b'"


@pytest.mark.parametrize(
    ("module", "package"),
    [("altair", "altair"), ("vl_convert", "vl-convert-python"), ("jinja2", "jinja2")],
)
def test_a_missing_package_is_named_with_its_remedy(
    module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setattr(document, "vega_bundle", document.vega_bundle.__wrapped__)
    remedy = rf"report: {package}: not installed; install it with: pip install 'samprof\[report\]'"
    with pytest.raises(MissingPackageError, match=remedy):
        html.run_page([html.Shown("run", hostile()[0])])


def test_what_is_too_much_for_a_chart_is_left_out_and_said() -> None:
    found, timeline = hostile()
    (bars,) = timeline_chart(timeline, 2)
    assert [row["path"] for row in largest_data(bars)] == ["sam", "sam.image_encoder"]
    assert bars.note.startswith("4 ranges and kernels are too short or too deep to be shown.")
    assert timeline_chart(timeline.assign(start_ns=10**15), 2) == []  # a long wait before it
    (time, _) = layer_lines(found, 6)  # two layers at three sizes
    assert {row["path"] for row in largest_data(time)} == {"enc.blocks.1.mlp", "enc.neck"}
    assert time.note == "3 layers with less time are not shown."
    assert found.roof is not None
    (below,) = roofline_chart(replace(found, roof=Roof(1e30, 1e30)), 60)
    (above,) = roofline_chart(replace(found, roof=Roof(1e30, 1.0)), 60)
    assert "cache" not in below.note
    assert above.note.startswith("Points above the roof found their data in a cache: ")
    (points,) = roofline_chart(found, 6)
    assert len(largest_data(points)) == 6
    assert points.note == time.note


def largest_data(drawing: Drawing) -> list[dict[str, object]]:
    return max(drawing.spec["datasets"].values(), key=len)
