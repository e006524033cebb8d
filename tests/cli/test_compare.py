"""`samprof compare`: a slow-down that was put into a real run is found, and nothing else."""

import io
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch

import samprof
from samprof.cli.commands.compare import gate_of
from samprof.cli.main import main
from samprof.errors import RunError, UsageError
from samprof.sam.axes import AXES
from samprof.sweeps.run.compare import compare_runs
from tests.support.targets import WIDTH, Net
from tests.support.times import WALL, with_times

# Times at batch 1 in us. What the machine measured is noise: it is replaced.
BEFORE = {WALL: 420, "net": 400, "net.first": 100, "net.second": 250, "(outside)": 10}
AFTER = BEFORE | {"net": 650, "net.second": 500}
TIMES = {"same": BEFORE, "slow": AFTER}


def set_times(run: Path, times: dict[str, int], variant: str = "eager") -> Path:
    """Replaces the times of all points: b times as long at batch b, four processes 1 ns apart."""
    for path in (run / "points").iterdir():
        point = json.loads(path.read_text())
        if point["variant"] == variant:
            path.write_text(json.dumps(with_times(point, times)))
    return run


def edit(run: Path, section: str, **values: object) -> None:
    path = run / "run.json"
    data = json.loads(path.read_text())
    data[section] |= values
    path.write_text(json.dumps(data))


def failed(point: dict[str, object]) -> dict[str, object]:
    """The point, had its memory not been enough."""
    sample = {"size": point["size"], "variant": point["variant"], "status": "oom"}
    return point | {"samples": [sample]}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("compare") / "before"
    samprof.sweep(
        Net(), torch.ones(1, WIDTH), [1, 2], rounds=4, repeats=1, warmup=0, name="net", out=out
    )
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
            target.write_text(json.dumps(with_times(point, times, variant)))
        set_times(before, times, variant)
    return before


@pytest.fixture
def modes(variants: Path) -> Path:
    """A run of two modes without eager, as `samprof workload predict` leaves it."""
    for size in (1, 2):
        (variants / "points" / f"b{size:04d}.json").unlink()
        for old, new in (("same", "together"), ("slow", "one-by-one")):
            path = variants / "points" / f"b{size:04d}-{old}.json"
            point = with_times(json.loads(path.read_text()), TIMES[old], new)
            path.with_name(f"b{size:04d}-{new}.json").write_text(json.dumps(point))
            path.unlink()
    edit(variants, "asked", variants=["together", "one-by-one"])
    return variants


def test_the_gate_finds_exactly_what_became_slower(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(before), str(after), "--gate", "5%"]) == 1
    out = capsys.readouterr().out
    # Batch 1 differs by 250 us, batch 2 by 500: 375 over both.
    judged = out[out.index("gate 5%") :].splitlines()
    assert judged[0] == "gate 5%: FAILED: 2 rows are slower by more"
    assert [line.split(" (")[0] for line in judged[1:]] == [
        "  net at all sizes: 1.62x",
        "  net.second at all sizes: 2.00x",
    ]
    assert judged[2].endswith("(95% CI 2.00-2.00)")
    said = " ".join(out.split())
    assert "2 of 5 rows changed beyond noise: net.second 2.00x at all sizes (+375 us)." in said


def test_a_run_compared_with_itself_passes(
    before: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(before), str(before), "--gate", "0%"]) == 0
    captured = capsys.readouterr()
    assert "None of 5 rows changed beyond noise." in captured.out
    assert captured.out.endswith("\ngate 0%: passed\n")
    assert captured.err == ""


def test_what_became_faster_passes(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(after), str(before), "--gate", "0.05"]) == 0
    assert "gate 5%: passed" in capsys.readouterr().out


def test_a_gate_on_a_busy_machine_is_undecided_and_no_mistake(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (after / "points").iterdir():
        point = json.loads(path.read_text())
        for kind in ("wall_ns", "layers"):  # of each kind one process was left alone
            for sample in [one for one in point["samples"] if kind in one][1:]:
                sample["machine"] = {"foreign_share": 0.7}
        path.write_text(json.dumps(point))
    assert main(["compare", str(before), str(after), "--gate", "5%"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "gate 5%: undecided, because" in out
    assert "foreign processes used 0.70 of the CPU" in out


def slow_down_the_cpus(run: Path, factor: float) -> Path:
    """The same times, measured while the CPUs were slower than otherwise; on a machine of a name."""
    for path in (run / "points").iterdir():
        point = json.loads(path.read_text())
        for sample in point["samples"]:
            sample["reference_ns"] = [round(1000 * factor)] * (len(sample.get("wall_ns", [])) + 1)
        path.write_text(json.dumps(point))
    return run


def test_a_slow_down_beside_slower_cpus_is_not_judged(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow_down_the_cpus(before, 1.0)
    slow_down_the_cpus(after, 1.6)
    assert main(["compare", str(before), str(after), "--gate", "5%"]) == 0
    out = capsys.readouterr().out
    why = f"the CPUs ran at 0.62 of their speed in {before}"
    assert out.endswith(f"gate 5%: undecided, because {why}\n")
    # Lines break inside of long paths.
    assert "".join(f"Undecided, because {why}.".split()) in "".join(out.split())
    table = samprof.compare(before, after)
    assert set(table["change"]) == {"undecided"}
    assert table["ratio"].notna().any()


def test_cpus_of_the_same_speed_are_compared(before: Path, after: Path) -> None:
    slow_down_the_cpus(before, 1.0)
    slow_down_the_cpus(after, 1.03)
    assert main(["compare", str(before), str(after), "--gate", "5%"]) == 1


def test_cpus_of_two_kinds_are_compared(before: Path, after: Path) -> None:
    slow_down_the_cpus(before, 1.0)
    slow_down_the_cpus(after, 1.6)
    edit(after, "environment", device_name="another CPU")
    assert main(["compare", str(before), str(after), "--gate", "5%"]) == 1


def put_cores_apart(run: Path, latency_ns: float, *, kind: str = "") -> Path:
    """The same times, measured while the cores were so far apart; of samples of a kind only."""
    for path in (run / "points").iterdir():
        point = json.loads(path.read_text())
        for sample in point["samples"]:
            if not kind or kind in sample:
                latency = {f"latency_{when}_ns": latency_ns for when in ("before", "after")}
                sample["machine"] = {**sample.get("machine", {}), **latency}
        path.write_text(json.dumps(point))
    return run


@pytest.mark.parametrize(
    ("kind", "what"),
    [("wall_ns", "the forwards were timed"), ("layers", "the layers were recorded")],
)
def test_what_was_measured_with_the_cores_elsewhere_is_not_judged(
    kind: str, what: str, before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put_cores_apart(before, 30.0)
    put_cores_apart(put_cores_apart(after, 31.0), 121.0, kind=kind)
    assert main(["compare", str(before), str(after), "--gate", "5%"]) == 0
    why = f"in {after} {what} with the cores 121 ns apart, and 30 ns in {before}"
    assert capsys.readouterr().out.endswith(f"gate 5%: undecided, because {why}\n")
    assert set(samprof.compare(before, after)["change"]) == {"undecided"}


def test_cores_that_stay_where_they_are_do_not_keep_a_gate_from_failing(
    before: Path, after: Path
) -> None:
    put_cores_apart(before, 30.0)
    put_cores_apart(after, 40.0)
    assert main(["compare", str(before), str(after), "--gate", "5%"]) == 1


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
    assert captured.err.startswith(
        "gate 5%: FAILED: 2 rows are slower by more\n  net at all sizes:"
    )
    assert main([*command, "--csv"]) == 1
    captured = capsys.readouterr()
    read = pd.read_csv(io.StringIO(captured.out), keep_default_na=False)
    expected = table[["path", "size", "change"]].astype(str)
    assert read[["path", "size", "change"]].astype(str).equals(expected)
    assert captured.err.startswith("gate 5%: FAILED")
    assert main([*command, "--markdown", "--batch-size", "1"]) == 1
    lines = capsys.readouterr().out.splitlines()
    rows_of_it = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    paths = ["`(wall)`", "`net`", "`net.first`", "`net.second`", "`(outside)`"]
    assert rows_of_it == ["layer", ":--", *paths]
    assert lines[-3] == "gate 5%: FAILED: 2 rows are slower by more"


def samprof_table(before: Path, after: Path) -> pd.DataFrame:
    return compare_runs(samprof.Run(before).data, samprof.Run(after).data)


def test_depth_and_batch_size_limit_the_rows_but_depth_not_the_gate(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", str(before), str(after), "--json", "--batch-size", "2"]
    assert main([*command, "--depth", "0", "--gate", "5%"]) == 1
    captured = capsys.readouterr()
    rows = json.loads(captured.out)
    assert [(row["path"], row["size"]) for row in rows] == [
        *(("(wall)", "all"), ("net", "all"), ("(outside)", "all")),
        *(("(wall)", 2), ("net", 2), ("(outside)", 2)),
    ]
    assert "net.second at batch 2" in captured.err
    assert "batch 1" not in captured.err
    assert "all sizes" not in captured.err


def test_a_root_limits_all_that_is_shown_and_judged(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", str(before), str(after), "--size", "2"]
    assert main([*command, "--root", "net.first", "--gate", "5%"]) == 0
    text = capsys.readouterr().out
    assert "net.second" not in text
    assert "None of 1 row changed beyond noise" in text
    assert text.endswith("gate 5%, inside net.first: passed\n")
    assert main([*command, "--root", "net", "--depth", "1", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [(row["path"], row["depth"]) for row in rows if row["size"] == 2] == [
        *(("net", 0), ("net.first", 1), ("net.second", 1))
    ]


def test_several_runs_are_each_compared_with_the_first(
    before: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compare", str(before), str(before), str(after), "--gate", "5%"]
    assert main([*command, "--json"]) == 1
    captured = capsys.readouterr()
    rows = pd.DataFrame(json.loads(captured.out))
    assert rows["run"].tolist() == [str(before)] * 15 + [str(after)] * 15
    assert rows.columns[0] == "run"
    slower = rows[rows["change"] == "slower"]
    assert set(slower["run"]) == {str(after)}
    assert captured.err.splitlines()[:2] == [
        f"gate 5%, {before}: passed",
        f"gate 5%, {after}: FAILED: 2 rows are slower by more",
    ]
    assert main(command) == 1
    assert capsys.readouterr().out.count("rows changed beyond noise") == 2


def test_the_same_from_python(
    variants: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    run = samprof.load(variants)
    assert isinstance(run, samprof.Run)
    assert main(["compare", str(variants)]) == 0
    assert capsys.readouterr().out.rstrip("\n") == samprof.text(run, "variants")
    table = samprof.compare(run, run, variants=("eager", "slow")).set_index(["path", "size"])
    assert table.loc[("net.second", 1), "change"] == "slower"
    with pytest.raises(RunError, match="no good point of variant fast"):
        samprof.compare(run, run, variants=("eager", "fast"))


def test_only_runs_have_variants(trace: Path) -> None:
    with pytest.raises(UsageError, match="only runs have variants"):
        samprof.compare(trace, trace, variants=("eager", "sdpa"))


def test_variants_of_one_run_are_compared_with_eager(
    variants: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(variants), "--csv"]) == 0
    rows = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert rows["run"].unique().tolist() == ["same", "slow"]
    changed = rows[rows["change"] != "within noise"]
    assert changed[["run", "path", "size"]].to_numpy().tolist() == [
        *(["slow", name, size] for size in ("all", "1", "2") for name in ("net", "net.second")),
    ]
    assert main(["compare", str(variants)]) == 0
    assert "slow against eager: wall time and CPU time" in capsys.readouterr().out


def test_a_run_with_several_variants_stands_for_eager(variants: Path, after: Path) -> None:
    changes = compare_runs(samprof.Run(variants).data, samprof.Run(after).data)["change"].tolist()
    assert changes.count("slower") == 6  # two layers over all sizes, and at both
    found = compare_runs(samprof.Run(variants).data, samprof.Run(after).data, variant_a="slow")
    assert set(found["change"]) == {"within noise"}
    with pytest.raises(RunError, match=r"variant fp8; there are eager, same, slow$"):
        compare_runs(samprof.Run(variants).data, samprof.Run(after).data, variant_a="fp8")


def test_without_eager_a_run_stands_for_the_first_that_was_asked_for(
    modes: Path, after: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = samprof.Run(modes)
    assert run.data.good_variants() == ["together", "one-by-one"]
    assert run.scaling().equals(run.scaling("together"))
    # together is as fast as what was changed, one-by-one as slow as what it became.
    assert main(["compare", str(modes), str(modes), "--gate", "0%"]) == 0
    assert compare_runs(run.data, samprof.Run(after).data)["change"].tolist().count("slower") == 6
    found = compare_runs(run.data, samprof.Run(after).data, variant_a="one-by-one")
    assert set(found["change"]) == {"within noise"}
    capsys.readouterr()
    assert main(["compare", str(modes)]) == 0
    assert "one-by-one against together" in capsys.readouterr().out
    for path in (modes / "points").glob("*-together.json"):
        path.write_text(json.dumps(failed(json.loads(path.read_text()))))
    found = compare_runs(samprof.Run(modes).data, samprof.Run(after).data)
    assert set(found["change"]) == {"within noise"}


def test_a_variant_that_did_not_run_is_noted(
    variants: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (variants / "points").glob("*-slow.json"):
        path.write_text(json.dumps(failed(json.loads(path.read_text()))))
    assert main(["compare", str(variants), "--json"]) == 0
    captured = capsys.readouterr()
    assert "run" not in json.loads(captured.out)[0]
    assert captured.err == "samprof: note: no size of variant slow ran to its end\n"


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
        (["{before}", "{after}", "--gate", "five"], "--gate five: not a fraction; write it as 5%"),
        (["{before}", "{after}", "--gate", "5"], "--gate 5: not a fraction"),
        (["{before}", "{after}", "--gate", "5%%"], "not a fraction"),
        (["{before}", "{after}", "--gate", "nan"], "not a fraction"),
        (["{before}", "{after}", "--gate=-5%"], "not a fraction"),
        (["{before}", "{after}", "--batch-size", "8"], "no batch 8 on both sides; both have 1, 2"),
        (["{before}", "{after}", "--markdown", "--csv"], "not allowed with argument --markdown"),
        (["{before}", "{other}"], "no size in common: it has 4, and {before} has 1, 2"),
        (["{before}", "{prompts}"], "swept over prompts, and {before} over batch-size"),
        (["{before}", "{empty}"], "no size ran to its end"),
        (["{empty}"], "one run with no good point"),
        (["{before}", "{few}", "--gate", "5%"], "fewer than 2 processes per size"),
        (["{before}", "{before}/none"], "no such file"),
        (["{before}", "{after}", "--root", "secnd"], "the nearest: net.second"),
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
    edit(runs["prompts"], "asked", over="prompts", axis=AXES["prompts"].as_dict())
    for size in (1, 2):
        point = runs["other"] / "points" / f"b{size:04d}.json"
        if size == 1:
            data = json.loads(point.read_text())
            samples = [sample | {"size": 4} for sample in data["samples"]]
            larger = point.with_name("b0004.json")
            larger.write_text(json.dumps(data | {"size": 4, "samples": samples}))
        point.unlink()
        few = runs["few"] / "points" / f"b{size:04d}.json"
        data = json.loads(few.read_text())
        one_each = [data["samples"][0], next(s for s in data["samples"] if "layers" in s)]
        few.write_text(json.dumps(data | {"samples": one_each}))
    known = {"before": before, "after": after, **runs}
    assert main(["compare", *(word.format(**known) for word in arguments)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert words.format(**known) in captured.err


def test_a_gate_may_be_written_in_three_forms() -> None:
    assert [gate_of(text) for text in ("5%", "5 %", "0.05", " 0.05 ", "150%", "0")] == [
        0.05,
        0.05,
        0.05,
        0.05,
        1.5,
        0.0,
    ]
    for text in ("", "%", "1", "1e9", "inf", "inf%", "5%x", "-0.1"):
        with pytest.raises(UsageError, match="not a fraction"):
            gate_of(text)
