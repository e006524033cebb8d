"""`samprof compare`: a slow-down that was put into a real run is found, and nothing else."""

import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch

import samprof
from samprof.cli.compare import gate_of
from samprof.cli.main import main
from samprof.errors import RunError, UsageError
from samprof.sweep.compare import compare_runs
from tests.support.targets import WIDTH, Net

US = 1000
WALL = "wall"
# Times of one repeat at batch 1. What the machine measured is noise: it is replaced.
BEFORE = {WALL: 420, "net": 400, "net.first": 100, "net.second": 250, "(outside)": 10}
AFTER = BEFORE | {"net": 650, "net.second": 500}


def set_times(run: Path, times: dict[str, int], variant: str = "eager") -> Path:
    """Replaces the times of all points: b times as long at batch b, four repeats 1 ns apart."""
    for path in (run / "points").iterdir():
        point = json.loads(path.read_text())
        if point["variant"] != variant:
            continue
        layers, size = point["layers"], point["batch_size"]
        layers["cpu_total_ns"] = [
            times[name] * US * size + repeat
            for name, repeat in zip(layers["path"], layers["repeat"], strict=True)
        ]
        point["wall_ns"] = [times[WALL] * US * size + repeat for repeat in range(4)]
        path.write_text(json.dumps(point))
    return run


def edit(run: Path, section: str, **values: object) -> None:
    path = run / "run.json"
    data = json.loads(path.read_text())
    data[section] |= values
    path.write_text(json.dumps(data))


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("compare") / "before"
    samprof.sweep(Net(), torch.ones(1, WIDTH), [1, 2], repeats=4, warmup=0, name="net", out=out)
    return set_times(out, BEFORE)


@pytest.fixture
def before(measured: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(measured, tmp_path / "before"))


@pytest.fixture
def after(measured: Path, tmp_path: Path) -> Path:
    return set_times(Path(shutil.copytree(measured, tmp_path / "after")), AFTER)


@pytest.fixture
def variants(before: Path) -> Path:
    """One run with three variants: eager, one that is slower, one that is the same."""
    for variant, times in (("slow", AFTER), ("same", BEFORE)):
        for size in (1, 2):
            point = json.loads((before / "points" / f"b{size:04d}.json").read_text())
            target = before / "points" / f"b{size:04d}-{variant}.json"
            target.write_text(json.dumps(point | {"variant": variant}))
        set_times(before, times, variant)
    return before


@pytest.fixture
def ways(variants: Path) -> Path:
    """A run of two ways without eager, as `samprof components predict` leaves it."""
    for size in (1, 2):
        (variants / "points" / f"b{size:04d}.json").unlink()
        for old, new in (("same", "together"), ("slow", "one-by-one")):
            path = variants / "points" / f"b{size:04d}-{old}.json"
            point = json.loads(path.read_text()) | {"variant": new}
            path.with_name(f"b{size:04d}-{new}.json").write_text(json.dumps(point))
            path.unlink()
    edit(variants, "asked", variants=["together", "one-by-one"])
    return variants


def test_the_gate_finds_exactly_what_became_slower(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(before), str(after), "--gate", "5%"]) == 1
    out = capsys.readouterr().out
    # Medians 800001.5 and 1300001.5 at batch 2: the layers differ by 500 us, at batch 1 by 250.
    judged = out[out.index("gate 5%") :].splitlines()
    assert judged[0] == "gate 5%: FAILED: 4 rows are slower by more"
    assert [line.split(" (")[0] for line in judged[1:]] == [
        "  net at batch 2: 1.62 times",
        "  net.second at batch 2: 2.00 times",
        "  net at batch 1: 1.62 times",
        "  net.second at batch 1: 2.00 times",
    ]
    assert judged[2].endswith("(95% interval 2.00 to 2.00)")
    said = " ".join(out.split())
    assert "4 of 10 rows changed beyond noise: net.second 2.00 times at batch 2 (+500 us)." in said


def test_a_run_compared_with_itself_passes(
    before: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(before), str(before), "--gate", "0%"]) == 0
    captured = capsys.readouterr()
    assert "None of 10 rows changed beyond noise." in captured.out
    assert captured.out.endswith("\ngate 0%: passed\n")
    assert captured.err == ""


def test_what_became_faster_passes(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(after), str(before), "--gate", "0.05"]) == 0
    assert "gate 5%: passed" in capsys.readouterr().out


def test_the_gate_is_what_it_says(before: Path, after: Path) -> None:
    # The slowest of before and the fastest of after at batch 2: 500003 and 1000000 ns.
    assert main(["compare", str(before), str(after), "--gate", "99%"]) == 1
    assert main(["compare", str(before), str(after), "--gate", "100 %"]) == 0
    assert main(["compare", str(before), str(after)]) == 0


def test_the_rows_are_the_same_in_every_form(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", str(before), str(after), "--gate", "5%"]
    table = samprof_table(before, after)
    assert main([*command, "--json"]) == 1
    captured = capsys.readouterr()
    rows = pd.DataFrame(json.loads(captured.out))
    pd.testing.assert_frame_equal(rows, table, check_dtype=False)
    assert captured.err.startswith("gate 5%: FAILED: 4 rows are slower by more\n  net at batch 2:")
    assert main([*command, "--csv"]) == 1
    captured = capsys.readouterr()
    read = pd.read_csv(io.StringIO(captured.out), keep_default_na=False)
    assert read[["path", "batch_size", "change"]].equals(table[["path", "batch_size", "change"]])
    assert captured.err.startswith("gate 5%: FAILED")
    assert main([*command, "--markdown", "--batch-size", "1"]) == 1
    lines = capsys.readouterr().out.splitlines()
    rows_of_it = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    paths = ["`(wall)`", "`net`", "`net.first`", "`net.second`", "`(outside)`"]
    assert rows_of_it == ["layer", ":--", *paths]
    assert lines[-3] == "gate 5%: FAILED: 2 rows are slower by more"


def samprof_table(before: Path, after: Path) -> pd.DataFrame:
    return compare_runs(samprof.Run(before), samprof.Run(after))


def test_depth_and_batch_size_limit_the_rows_but_depth_not_the_gate(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", str(before), str(after), "--json", "--batch-size", "2"]
    assert main([*command, "--depth", "0", "--gate", "5%"]) == 1
    captured = capsys.readouterr()
    rows = json.loads(captured.out)
    assert [(row["path"], row["batch_size"]) for row in rows] == [
        ("(wall)", 2),
        ("net", 2),
        ("(outside)", 2),
    ]
    assert "net.second at batch 2" in captured.err
    assert "batch 1" not in captured.err


def test_several_runs_are_each_compared_with_the_first(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", str(before), str(before), str(after), "--gate", "5%"]
    assert main([*command, "--json"]) == 1
    captured = capsys.readouterr()
    rows = pd.DataFrame(json.loads(captured.out))
    assert rows["run"].tolist() == [str(before)] * 10 + [str(after)] * 10
    assert rows.columns[0] == "run"
    slower = rows[rows["change"] == "slower"]
    assert set(slower["run"]) == {str(after)}
    assert captured.err.splitlines()[:2] == [
        f"gate 5%, {before}: passed",
        f"gate 5%, {after}: FAILED: 4 rows are slower by more",
    ]
    assert main(command) == 1
    assert capsys.readouterr().out.count("rows changed beyond noise") == 2


def test_variants_of_one_run_are_compared_with_eager(
    variants: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(variants), "--csv"]) == 0
    rows = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert rows["run"].unique().tolist() == ["same", "slow"]
    changed = rows[rows["change"] != "within noise"]
    assert changed[["run", "path", "batch_size"]].to_numpy().tolist() == [
        ["slow", "net", 1],
        ["slow", "net.second", 1],
        ["slow", "net", 2],
        ["slow", "net.second", 2],
    ]
    assert main(["compare", str(variants)]) == 0
    assert "slow against eager: wall time and CPU time" in capsys.readouterr().out


def test_a_run_with_several_variants_stands_for_eager(variants: Path, after: Path) -> None:
    changes = compare_runs(samprof.Run(variants), samprof.Run(after))["change"].tolist()
    assert changes.count("slower") == 4
    found = compare_runs(samprof.Run(variants), samprof.Run(after), variant_a="slow")
    assert set(found["change"]) == {"within noise"}
    with pytest.raises(RunError, match=r"variant fp8; there are eager, same, slow$"):
        compare_runs(samprof.Run(variants), samprof.Run(after), variant_a="fp8")


def test_without_eager_a_run_stands_for_the_first_that_was_asked_for(
    ways: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = samprof.Run(ways)
    assert run.good_variants() == ["together", "one-by-one"]
    assert run.scaling().equals(run.scaling("together"))
    # together is as fast as what was changed, one-by-one as slow as what it became.
    assert main(["compare", str(ways), str(ways), "--gate", "0%"]) == 0
    assert compare_runs(run, samprof.Run(after))["change"].tolist().count("slower") == 4
    found = compare_runs(run, samprof.Run(after), variant_a="one-by-one")
    assert set(found["change"]) == {"within noise"}
    capsys.readouterr()
    assert main(["compare", str(ways)]) == 0
    assert "one-by-one against together" in capsys.readouterr().out
    for path in (ways / "points").glob("*-together.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"status": "oom", "layers": {}}))
    found = compare_runs(samprof.Run(ways), samprof.Run(after))
    assert set(found["change"]) == {"within noise"}


def test_a_variant_that_did_not_run_is_noted(
    variants: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (variants / "points").glob("*-slow.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"status": "oom", "layers": {}}))
    assert main(["compare", str(variants), "--json"]) == 0
    captured = capsys.readouterr()
    assert "run" not in json.loads(captured.out)[0]
    assert captured.err == "samprof: note: no batch size of variant slow ran to its end\n"


def test_other_devices_and_models_are_noted(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(before, "environment", device_name="NVIDIA A100")
    edit(after, "environment", device_name="NVIDIA H200")
    edit(after, "target", label="larger")
    assert main(["compare", str(before), str(after), "--json"]) == 0
    model, device = capsys.readouterr().err.splitlines()
    assert model.startswith("samprof: note: the model differs: net (544 parameters) in ")
    assert f"larger net (544 parameters) in {after}" in model
    assert device == (
        f"samprof: note: the device differs: NVIDIA A100 in {before}, NVIDIA H200 in {after}"
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{before}"], "one run with one variant: nothing to compare; give another run"),
        (["{before}", "{after}", "--gate", "five"], "--gate five: not a part; write it as 5%"),
        (["{before}", "{after}", "--gate", "5"], "--gate 5: not a part"),
        (["{before}", "{after}", "--gate", "5%%"], "not a part"),
        (["{before}", "{after}", "--gate", "nan"], "not a part"),
        (["{before}", "{after}", "--gate=-5%"], "not a part"),
        (["{before}", "{after}", "--batch-size", "8"], "no batch 8 on both sides; both have 1, 2"),
        (["{before}", "{after}", "--markdown", "--csv"], "not allowed with argument --markdown"),
        (["{before}", "{other}"], "no batch size in common: it has 4, and {before} has 1, 2"),
        (["{before}", "{prompts}"], "swept over prompts, and {before} over batch-size"),
        (["{before}", "{empty}"], "no batch size ran to its end"),
        (["{empty}"], "one run with no good point"),
        (["{before}", "{few}", "--gate", "5%"], "fewer than 4 repeats: the gate cannot tell"),
        (["{before}", "{before}/none"], "no such file"),
        ([], "required: RUN"),
    ],
)
def test_bad_usage_is_one_line(
    before: Path,
    after: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    runs = {name: before.parent / name for name in ("other", "prompts", "empty", "few")}
    for path in runs.values():
        shutil.copytree(before, path)
    shutil.rmtree(runs["empty"] / "points")
    edit(runs["prompts"], "asked", over="prompts")
    for size in (1, 2):
        point = runs["other"] / "points" / f"b{size:04d}.json"
        if size == 1:
            point.write_text(json.dumps(json.loads(point.read_text()) | {"batch_size": 4}))
        else:
            point.unlink()
        few = runs["few"] / "points" / f"b{size:04d}.json"
        data = json.loads(few.read_text())
        kept = [place for place, repeat in enumerate(data["layers"]["repeat"]) if repeat < 3]
        data["layers"] = {
            name: [values[place] for place in kept] for name, values in data["layers"].items()
        }
        few.write_text(json.dumps(data | {"wall_ns": data["wall_ns"][:3]}))
    known = {"before": before, "after": after, **runs}
    assert main(["compare", *(word.format(**known) for word in arguments)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words.format(**known) in captured.err


def test_a_gate_is_written_in_three_ways() -> None:
    assert [gate_of(text) for text in ("5%", "5 %", "0.05", " 0.05 ", "150%", "0")] == [
        0.05,
        0.05,
        0.05,
        0.05,
        1.5,
        0.0,
    ]
    for text in ("", "%", "1", "1e9", "inf", "inf%", "5%x", "-0.1"):
        with pytest.raises(UsageError, match="not a part"):
            gate_of(text)
