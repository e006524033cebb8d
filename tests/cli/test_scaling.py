"""`samprof scaling`: on a run of SAM's real encoder classes, and on traces of several sizes."""

import json
from pathlib import Path

import pytest

import samprof
from samprof.cli.main import main
from samprof.errors import UsageError
from tests.support.calls import calls, wall_of
from tests.support.compiled import compiled_file


def test_the_run_knows_sam(swept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scaling", str(swept), "--json"]) == 0
    roles = {row["path"]: row["role"] for row in json.loads(capsys.readouterr().out)}
    assert roles["image_encoder"] == "image encoder"
    assert roles["image_encoder.blocks.0.attn"] == "window attention"
    assert roles["image_encoder.blocks.2.attn"] == "global attention"
    assert roles["image_encoder.neck"] == "neck"


def test_a_root_limits_the_rows_to_its_inside(
    swept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = "image_encoder.blocks.2"
    command = ["scaling", str(swept), "--root", root]
    assert main([*command, "--depth", "1", "--json"]) == 0
    rows = [(row["path"], row["depth"]) for row in json.loads(capsys.readouterr().out)]
    assert rows == [
        (root, 0),
        *((f"{root}.{name}", 1) for name in ("norm1", "attn", "norm2", "mlp")),
    ]
    assert main(command) == 0
    table, _, _ = capsys.readouterr().out.partition("Time accounting")
    assert ".blocks.2 " in table
    assert "neck" not in table
    assert main([*command, "--roles"]) == 2
    assert "roles are summed over the whole model; leave out --roles" in capsys.readouterr().err


def test_roles_partition_the_root(swept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scaling", str(swept), "--json"]) == 0
    root = json.loads(capsys.readouterr().out)[0]
    assert main(["scaling", str(swept), "--json", "--roles"]) == 0
    roles = json.loads(capsys.readouterr().out)
    inside = sum(row["unit_ns_largest"] for row in roles if row["path"] != "(outside)")
    assert inside == pytest.approx(root["unit_ns_largest"])


@pytest.fixture
def traces(tmp_path: Path) -> list[str]:
    paths = [tmp_path / f"trace{size}.json" for size in (1, 2, 4)]
    return [
        str(calls("module", [size]).write(path))
        for size, path in zip((1, 2, 4), paths, strict=True)
    ]


def test_traces_of_several_sizes(
    traces: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scaling", *traces, "--json"]) == 0
    found = capsys.readouterr()
    assert found.err == ""
    assert json.loads(found.out)[0]["unit_ns_smallest"] == wall_of(1)
    assert main(["scaling", str(tmp_path)]) == 0  # a folder of them
    text = " ".join(capsys.readouterr().out.split())
    assert "Net_0" in text
    assert "How they were read: size by the shapes of the first op." in text
    assert "peak memory" not in text
    assert "profiler overhead" not in text


def test_what_layers_share_is_a_row_or_a_part_of_what_is_around_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [str(compiled_file().write(tmp_path / f"batch{size}.json")) for size in (1, 2)]
    command = ["scaling", *paths, "--sizes", "1,2"]
    found = {}
    for fused in ("sets", "parent"):
        assert main([*command, "--fused", fused, "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        found[fused] = {row["path"]: row["unit_ns_smallest"] for row in rows}
        assert main([*command, "--fused", fused]) == 0
        table, _, _ = capsys.readouterr().out.partition("Time accounting")
        assert (" + " in table) == (fused == "sets")
    gone = found["sets"].keys() - found["parent"].keys()
    assert gone == {"net.blocks.0.(self) + norm", "net.blocks.0 + head"}
    assert found["parent"].items() <= found["sets"].items()
    assert main([*command, "--fused", "parent", "--roles"]) == 2
    assert "leave out --roles" in capsys.readouterr().err
    assert main([*command, "--out", str(tmp_path / "run")]) == 0
    runs = [str(tmp_path / "run")] * 2
    for fused, shown in (("sets", gone), ("parent", set())):
        capsys.readouterr()
        assert main(["compare", *runs, "--fused", fused, "--json"]) == 0
        compared = {row["path"] for row in json.loads(capsys.readouterr().out)}
        assert {path for path in compared if " + " in path} == shown
    with pytest.raises(UsageError, match="use sets or parent"):
        samprof.compare(*runs, fused="both")  # type: ignore[arg-type]


def test_the_run_of_traces_stays_where_it_is_asked_for(
    traces: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    arguments = ["scaling", *traces, "--out", str(out)]
    assert main([*arguments, "--csv"]) == 0
    first = capsys.readouterr().out
    assert json.loads((out / "run.json").read_text())["commands"] == [
        ["samprof", *arguments, "--csv"]
    ]
    assert main(["scaling", str(out), "--csv"]) == 0
    assert capsys.readouterr().out == first
    assert main(["scaling", str(out), "--sizes", "1,2,4"]) == 2
    assert "is a run already; leave it out" in capsys.readouterr().err


def test_sizes_are_one_per_trace(traces: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scaling", *traces, "--sizes", "1,2"]) == 2
    assert capsys.readouterr().err == (
        "samprof: scaling: sizes: 2 sizes for 3 traces; give one size per trace, in their order\n"
    )
    assert main(["scaling", *traces, "--sizes", "1,2,8"]) == 2
    assert "8 by what was given, 4 by the shapes of the first op" in capsys.readouterr().err
    assert main(["scaling", *traces, "--sizes", "1,two,4"]) == 2
    assert "size 'two': not a size" in capsys.readouterr().err
