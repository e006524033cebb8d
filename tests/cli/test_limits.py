"""`samprof sweep` and `scaling` with --memory-limit and --latency-limit."""

import json
import shutil
from pathlib import Path

import pytest

import samprof
from samprof.cli.main import main
from tests.support.paths import ROOT

NET = ("--factory", "tests.support.targets:net", "--device", "cpu")
SWEEP = (*NET, "--batch-sizes", "1,2,4")
FORWARDS = ("--rounds", "1", "--repeats", "1", "--warmup", "0", "--engine", "process")
# Weights 2 * (16 * 16 + 16), and for each example an input and two activations of 16, four bytes each.
FIXED, EACH = 2176, 192
LIMIT = FIXED + EACH + EACH // 2


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny net at batch 1, 2 and 4, with a limit between the first two."""
    out = tmp_path_factory.mktemp("limited") / "net"
    limits = ("--memory-limit", f"{LIMIT}B", "--latency-limit", "1000s")
    assert main(["sweep", *SWEEP, *FORWARDS, *limits, "--out", str(out)]) == 0
    return out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--memory-limit", "2 gallons"], "--memory-limit 2 gallons: not an amount of memory"),
        (["--memory-limit", "0GB"], "--memory-limit 0GB: not an amount of memory"),
        (["--memory-limit", "20"], "--memory-limit 20: not an amount of memory with its unit"),
        (["--memory-limit", "-1GB"], "--memory-limit"),
        (["--memory-limit", "free"], "free memory of cpu: only a CUDA device reports"),
        (["--latency-limit", "200"], "--latency-limit 200: not a time with its unit"),
        (["--latency-limit", "fast"], "write 200ms, 1.5s or 300us"),
        (["--memory-limit", "1GB", "--over", "image-size"], "no batch grows with image-size"),
    ],
)
def test_a_limit_that_means_nothing_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    out = tmp_path / "out"
    command = ["sweep", "--model", "small", "--device", "cpu", *arguments, "--out", str(out)]
    assert main(command) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("samprof: ")
    assert words in line
    assert not out.exists()


@pytest.mark.parametrize("text", ["lots", "1.GB", "free"])
def test_scaling_refuses_such_a_limit_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert main(["scaling", str(tmp_path), "--memory-limit", text]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"--memory-limit {text}: not an amount of memory with its unit; write 2GB" in line


def test_the_answer_is_kept_and_the_verdict_keeps_to_the_limits(swept: Path) -> None:
    run = samprof.load(swept)
    assert isinstance(run, samprof.Run)
    found = run.largest()
    assert found is not None
    peaks = run.points().set_index("size")["peak_memory_bytes"]
    assert peaks[1] <= LIMIT < peaks[2]
    assert found == {
        "size": 1,
        "peak_bytes": peaks[1],
        "predicted": 1,
        "limit_bytes": LIMIT,
        "tries": [],
        "exact": True,
        "too_large": 2,
    }
    limited = run.verdict(memory_limit=LIMIT)
    assert limited.best_size == 1
    assert "Memory " in str(limited)
    assert "Memory " not in str(run.verdict())


def test_scaling_prints_the_verdict_within_limits(
    swept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scaling", str(swept), "--memory-limit", "2kB"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "No measured batch size is within 2 kB: batch 1 takes 2." in text
    assert main(["scaling", str(swept), "--latency-limit", "1us"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "No measured batch size is under 1 us per batch: batch 1 takes " in text
    assert main(["scaling", str(swept)]) == 0
    assert "Memory grows" not in " ".join(capsys.readouterr().out.split())


def test_another_limit_is_searched_and_the_same_one_is_not(
    swept: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    out = tmp_path / "net"
    shutil.copytree(swept, out)
    # 3 fit, and 4 were measured already.
    limit = LIMIT + 2 * EACH
    command = ["sweep", *SWEEP, *FORWARDS, "--memory-limit", f"{limit}B", "--out", str(out)]
    assert main(command) == 0
    first = capsys.readouterr()
    assert "batch 3: testing whether it fits into" in first.err
    assert ", fits\n" in first.err
    assert "(predicted 3; tried 3)." in " ".join(first.out.split())
    assert "Largest batch within " in first.out
    found = samprof.Run(out).largest()
    assert found is not None
    assert (found["size"], found["exact"]) == (3, True)
    assert found["tries"] == [[3, found["peak_bytes"]]]
    assert found["peak_bytes"] <= limit
    assert sorted(path.name for path in (out / "points").iterdir()) == [
        "b0001.json",
        "b0002.json",
        "b0004.json",
    ]
    assert not list(out.glob(".largest-*"))
    before = (out / "largest.json").read_bytes()

    assert main([*command, "--json"]) == 0
    again = capsys.readouterr()
    assert "testing" not in again.err
    assert "samprof: note: Largest batch within " in again.err
    assert json.loads(again.out)[0]["path"] == "net"
    assert (out / "largest.json").read_bytes() == before


def test_fresh_removes_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    out = tmp_path / "net"
    command = ["sweep", *NET, "--batch-sizes", "1", *FORWARDS, "--out", str(out)]
    # 1 takes more than 2 kB: nothing is tried, and nothing fits.
    assert main([*command, "--memory-limit", "2kB"]) == 0
    found = samprof.Run(out).largest()
    assert found is not None
    assert (found["size"], found["tries"]) == (0, [])
    assert main([*command, "--fresh"]) == 0
    assert samprof.Run(out).largest() is None
    assert not (out / "largest.json").exists()


def test_a_broken_answer_is_named(
    swept: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "small"
    shutil.copytree(swept, out)
    for text, words in [("{", "not JSON"), ('{"variants": [1]}', "not what samprof writes there")]:
        (out / "largest.json").write_text(text)
        with pytest.raises(samprof.SamprofError, match=words):
            samprof.Run(out).largest()
