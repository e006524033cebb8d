"""`samprof.predict` end to end: a run like a measured one, which says everywhere that it is not."""

from pathlib import Path

import pytest
import torch
from torch import nn

import samprof
from samprof.errors import RunError, SamprofError, UsageError
from samprof.prediction.devices import device_named
from samprof.prediction.predict import forward_ns
from samprof.prediction.shares import load_shares
from samprof.report.text.run import run_text
from samprof.sweeps.run.run import Run


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("predicted") / "run"
    return samprof.predict("small", "L4", [1, 2, 4], variants="eager,bf16+sdpa", out=out)


def test_points_are_predicted_with_an_interval_and_memory(small: Run) -> None:
    points = small.points()
    assert set(points["status"]) == {"predicted"}
    assert (points["wall_low_ns"] < points["wall_ns"]).all()
    assert (points["wall_ns"] < points["wall_high_ns"]).all()
    assert (points["processes"] == 0).all()
    memory = points.pivot_table(index="size", columns="variant", values="peak_memory_bytes")
    assert memory["eager"].is_monotonic_increasing
    assert (memory["bf16+sdpa"] < memory["eager"]).all()


def test_layers_have_roles_bounds_and_all_of_the_time(small: Run) -> None:
    table = small.scaling()
    assert {"window attention", "global attention", "MLP", "neck"} <= set(table["role"])
    assert set(table["bound"]) <= {"compute", "memory", "launch", "idle", "unknown"}
    for size, trace in ((size, small.trace(size)) for size in (1, 4)):
        assert trace.check().ok
        layers = small.layers()
        mine = layers[(layers["size"] == size) & (layers["variant"] == "eager")]
        assert mine["self_ns"].sum() == trace.kernels()["dur_ns"].sum()


def test_everything_that_is_shown_says_so(small: Run, tmp_path: Path) -> None:
    assert "predicted" in small.summary().title
    assert str(small.verdict()).startswith("Predicted from shapes")
    text = run_text(small.summary(), 120)
    assert "of a datasheet peak of 30.3 TFLOP/s" in text
    assert "NVIDIA L4, predicted" in text
    assert (small.trace(1).kernels()["name"].str.contains("predicted")).all()
    assert small.trace(1).metadata["samprof_predicted"]["device"] == "L4"
    page = small.report(tmp_path / "page.html").read_text()
    assert "Predicted, with the interval to expect by published numbers" in page
    assert "Measured with" not in page
    assert "the profiler, median" not in page


def test_a_tiny_model_waits_for_its_launches_and_a_graph_does_not() -> None:
    runs = samprof.predict("small", "H100", [1], variants="eager,cudagraph")
    walls = runs.points().set_index("variant")["wall_ns"]
    assert walls["cudagraph"] < walls["eager"]
    assert runs.scaling("eager").iloc[0]["bound"] == "launch"


def test_what_does_not_fit_is_not_tried(tmp_path: Path) -> None:
    card = tmp_path / "card.toml"
    card.write_text(
        '[tiny]\ntitle = "Tiny"\ncores = 4\nfloat32 = 1\nbandwidth = 100\nmemory = 0.8\n'
    )
    run = samprof.predict("small", "tiny", [1, 2, 64], devices=card, out=tmp_path / "run")
    points = run.points().set_index("size")
    assert points.loc[64, "status"] == "oom"
    assert "do not fit into" in points.loc[64, "message"]
    assert "is the largest that fits into" in str(run.verdict())


def test_any_module_and_the_run_of_another_device(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Linear(64, 256), nn.GELU(), nn.Linear(256, 64))
    inputs = torch.randn(1, 196, 64)
    by_shapes = samprof.predict(module, "A100", [1, 8], inputs=inputs, name="net")
    measured = samprof.sweep(
        module, inputs, [1, 8], rounds=1, repeats=1, warmup=0, name="net", out=tmp_path / "run"
    )
    from_run = samprof.predict(measured, "A100")
    for size in (1, 8):
        names = [one.trace(size).kernels()["name"].tolist() for one in (by_shapes, from_run)]
        assert names[0] == names[1]
    table = samprof.compare(from_run, measured)
    assert any("each ratio is the error of a prediction" in one for one in table.attrs["notes"])
    assert "net.0" in set(table["path"])
    with pytest.raises(UsageError, match="all of its sizes are predicted"):
        samprof.predict(measured, "A100", [1])


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ({"device": "nothing"}, "not in the table of devices"),
        ({"variants": "fast"}, "unknown part 'fast'"),
        ({"device": "T4", "dtype": "bfloat16"}, "no rate for bfloat16"),
        ({"dtype": "float8"}, "unknown dtype"),
        ({"batch_sizes": [0]}, "not a size"),
    ],
)
def test_wrong_arguments_are_one_line(options: dict[str, object], cause: str) -> None:
    with pytest.raises(SamprofError, match=cause):
        samprof.predict("small", **({"device": "L4", "batch_sizes": [1]} | options))  # type: ignore[arg-type]


def test_published_numbers_of_other_devices_are_met() -> None:
    """Batch 1 and 16 of vit_b on the L40S, vit_l on the L4: within 30 %, the speed-up within 0.1."""
    from bench.predicted import _forward

    shares = load_shares()

    def ms(model: str, batch: int, device: str) -> float:
        forward = _forward(model, "eager", batch)
        return forward_ns(forward, device_named(device), shares) / batch / 1e6

    one, sixteen = ms("vit_b", 1, "L40S"), ms("vit_b", 16, "L40S")
    assert one == pytest.approx(75.0, rel=0.3)
    assert sixteen == pytest.approx(76.5, rel=0.3)
    assert one / sixteen == pytest.approx(0.98, abs=0.1)
    assert ms("vit_l", 1, "L4") == pytest.approx(520, rel=0.3)
    assert _forward("vit_b", "eager", 16).peak_memory_bytes == pytest.approx(
        39_320 * 2**20, rel=0.01
    )


def test_a_prediction_replaces_itself_and_nothing_else(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("size,total_ms\n1,10\n2,18\n")
    held = samprof.scaling(numbers, out=tmp_path / "held").path
    before = {path: path.read_bytes() for path in sorted(held.rglob("*")) if path.is_file()}
    with pytest.raises(RunError, match=r"predict: .*held: it belongs to another sweep") as error:
        samprof.predict("small", "L4", [1], out=held)
    assert str(error.value).endswith("; choose another directory")
    after = {path: path.read_bytes() for path in sorted(held.rglob("*")) if path.is_file()}
    assert after == before
    again = tmp_path / "again"
    for sizes in ([1, 2], [1]):
        found = samprof.predict("small", "L4", sizes, out=again)
        assert found.points()["size"].tolist() == sizes
    with pytest.raises(RunError, match="predicted for: L4 there, T4 now"):
        samprof.predict("small", "T4", [1], out=again)


def test_the_dtype_of_a_module_is_checked_as_that_of_a_model() -> None:
    net, inputs = nn.Linear(8, 8), torch.ones(1, 8)
    found = samprof.predict(net, "L4", [1], inputs=inputs, dtype="bfloat16")
    assert found.target["dtype"] == "bfloat16"
    with pytest.raises(SamprofError, match="foo: unknown dtype; use one of float32"):
        samprof.predict(net, "L4", [1], inputs=inputs, dtype="foo")
