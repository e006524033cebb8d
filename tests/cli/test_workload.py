"""`samprof workload` and `samprof sweep --over`: measured, or read from what is there."""

import json
from pathlib import Path

import pytest

import samprof
from samprof.cli.main import main
from samprof.trace.tables.components import IDLE, OTHER, TRANSFERS, WAITS
from tests.trace.tables.test_components import pipeline

FAST = [
    "--model",
    "small",
    "--rounds",
    "1",
    "--repeats",
    "1",
    "--warmup",
    "0",
    "--engine",
    "process",
]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("components") / "run"
    arguments = ["workload", "predict", "--prompts", "2", *FAST, "--out", str(out)]
    assert main(arguments) == 0
    return out


def test_a_workload_is_measured_in_each_of_its_modes(
    measured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sorted(path.name for path in (measured / "points").iterdir()) == [
        "b0002-one-by-one.json",
        "b0002-together.json",
    ]
    assert sorted(path.name for path in (measured / "figures").iterdir()) == [
        "components.png",
        "modules.png",
        "roofline.png",
        "timeline.png",
    ]
    assert "Components" in (measured / "report.html").read_text()
    assert main(["workload", str(measured)]) == 0
    text = capsys.readouterr().out
    head, *_ = text.splitlines()
    assert "2 prompts" in head
    for words in ("together", "one-by-one", "mask upsampling", "whole", "without the profiler"):
        assert words in text


def test_the_same_text_from_python(
    measured: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert main(["workload", str(measured)]) == 0
    run = samprof.load(measured)
    assert isinstance(run, samprof.Run)
    assert capsys.readouterr().out.rstrip("\n") == samprof.text(run, "components")


def test_the_rows_of_a_run_are_there_for_programs(
    measured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["workload", str(measured), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["variant"] for row in rows} == {"together", "one-by-one"}
    shares = [row["share"] for row in rows if row["variant"] == "together"]
    assert sum(shares) == pytest.approx(1)


def test_the_rest_of_the_commands_read_such_a_run(
    measured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("scaling", "layers", "check"):
        assert main([command, str(measured)]) == 0
    assert "Host time of together: " in " ".join(capsys.readouterr().out.split())


def test_a_trace_has_components_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = pipeline().write(tmp_path / "trace.json")
    assert main(["workload", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Host and device time by component, in ns"
    found = {line[1:24].strip(): line.split() for line in lines}
    assert found["whole"][1:] == ["1000.0", "100.0", "250.0", "1000.0", "4"]
    for name in (OTHER, TRANSFERS, WAITS, IDLE, "image encoder"):
        assert name in found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["workload", "dance"], "no such workload or path"),
        (["workload", "predict", "--points-per-side", "3"], "not supported by this workload"),
        (["workload", "predict", "--batch-size", "3"], "use --prompts"),
        (["workload", "amg", "--points-per-batch", "0"], "not a count"),
        (["workload", "encode", "--images", "/nowhere"], "no such file or folder"),
        (["workload", "encode", "--checkpoint", "/nowhere.pth"], "no such file"),
        (["workload", "encode", "--variant", "bf17"], "unknown part"),
        (["workload", "onnx", "--variant", "bf16"], "not part of onnx"),
        (["workload", "encode", "--factory", "a:b"], "--factory: not supported by this command"),
        (["sweep", "--over", "colour"], "unknown axis"),
        (["sweep", "--over", "crops", "--sizes", "2"], "crops come in layers"),
        (["sweep", "--over", "prompts", "--workload", "amg"], "amg has no prompts per image"),
        (["sweep", "--workload", "dance"], "no such workload"),
    ],
)
def test_bad_usage_is_one_line(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, *FAST[:4], "--engine", "process", "--out", str(tmp_path / "o")]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.strip().splitlines()) == 1


def test_a_missing_photo_is_said_whatever_the_directory_holds(
    measured: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    again = ["workload", "predict", *FAST, "--out", str(measured)]
    assert main([*again, "--images", "/nowhere"]) == 2
    assert "/nowhere: no such file or folder" in capsys.readouterr().err
    assert main([*again, "--prompt-kind", "boxes"]) == 2
    assert "it belongs to another sweep (kind: not given there, boxes now)" in (
        capsys.readouterr().err
    )


def test_nothing_measured_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["workload", "encode", *FAST, "--variant", "cudagraph", "--device", "cpu"]
    assert main([*arguments, "--out", str(tmp_path / "run")]) == 1
    assert "CUDA" in capsys.readouterr().err


def test_a_sweep_over_prompts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    arguments = ["sweep", "--over", "prompts", "--sizes", "1,2", "--variant", "together", *FAST]
    assert main([*arguments, "--out", str(out), "--depth", "1"]) == 0
    text = capsys.readouterr().out
    assert "prompts/s" in text
    assert "Undecided, because one process at 2 prompts gives no interval." in " ".join(
        text.split()
    )
    assert main(["scaling", str(out), "--roles"]) == 0
    assert "mask decoder" in capsys.readouterr().out


def test_a_variant_that_cannot_be_does_not_keep_the_others_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["workload", "encode", *FAST, "--variant", "cudagraph,eager", "--device", "cpu"]
    assert main([*arguments, "--out", str(tmp_path / "run")]) == 1
    found = capsys.readouterr()
    assert "image encoder" in found.out
    assert "needs a CUDA device" in found.err
    assert (tmp_path / "run" / "scaling.csv").is_file()


def test_a_sweep_of_two_variants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "run"
    arguments = ["sweep", "--batch-sizes", "1", "--variant", "eager,sdpa", *FAST]
    assert main([*arguments, "--out", str(out), "--depth", "0"]) == 0
    text = capsys.readouterr().out
    assert "sdpa" in text
    assert main(["compare", str(out), "--depth", "0"]) == 0
    assert "sdpa against eager" in capsys.readouterr().out
