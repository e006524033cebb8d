"""Every example runs, and an example without a test fails here."""

import re
import runpy
import sys
from pathlib import Path

import pytest
from PIL import Image

from samprof.sam.inputs.synthetic import synthetic
from samprof.sam.model import build
from tests.docs.stand_ins import tiny_sam
from tests.support.paths import ROOT

EXAMPLES = ROOT / "examples"


@pytest.fixture
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A smaller model than the examples' own, where the test does not ask for its layers."""
    monkeypatch.setattr(build, "_build_small", tiny_sam)


tiny = pytest.mark.usefixtures("_tiny")


def run(name: str, *arguments: str | None) -> None:
    runpy.run_path(str(EXAMPLES / name))["main"](*arguments)


def test_01_profile_encoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("01_profile_encoder.py", "small", str(tmp_path))
    text = capsys.readouterr().out
    assert "blocks.5" in text
    assert "add_decomposed_rel_pos()" in text
    assert "Time accounting of the trace: CPU time: " in text
    assert (tmp_path / "rank0.pt.trace.json.gz").is_file()


@tiny
def test_02_batch_scaling(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("02_batch_scaling.py", str(tmp_path), "1", "2")
    text = capsys.readouterr().out
    assert "window attention" in text
    assert re.search(r"Run batch \d|Undecided, because", " ".join(text.split()))


@tiny
def test_03_components(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("03_components.py", None, "small", str(tmp_path))
    text = capsys.readouterr().out
    assert "mask upsampling" in text
    assert "together: the image encoder takes " in text
    assert "one-by-one: the image encoder takes " in text
    assert (tmp_path / "figures" / "components.png").is_file()


@tiny
def test_04_automatic_masks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for seed in (0, 1):
        picture = Image.fromarray(synthetic((96, 128), seed).pixels)
        picture.save(photos / f"{seed}.png")
    (photos / "broken.jpg").write_bytes(b"no picture")
    run("04_automatic_masks.py", str(photos), "small", str(tmp_path / "run"))
    text = capsys.readouterr().out
    assert "skipped 1 of 3: broken.jpg" in text
    assert "box NMS" in text
    assert "masks from 2 images" in text


@tiny
def test_05_compare_variants(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("05_compare_variants.py", "small", str(tmp_path))
    text = capsys.readouterr().out
    assert "sdpa: relative error " in text
    assert "bf16 against eager" in text
    assert text.count("Beyond noise: ") == 2


@tiny
def test_06_onnx_decoder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("06_onnx_decoder.py", "small", str(tmp_path))
    text = capsys.readouterr().out
    assert "onnx-quantised: relative error " in text
    assert "onnxruntime" in text


def test_07_autosam_head(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("07_autosam_head.py", "small", str(tmp_path))
    text = capsys.readouterr().out
    assert "% of the forward." in text
    assert "% of the training step." in text
    assert "head" in text
    assert (tmp_path / "training-step" / "rank0.pt.trace.json.gz").is_file()


def test_08_other_sams(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("08_other_sams.py", str(tmp_path), "1", "2")
    text = capsys.readouterr().out
    assert "window attention" in text
    assert "scaled_dot_product_attention()" in text
    assert "% of this one." in text


def test_10_scaling_of_my_traces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("10_scaling_of_my_traces.py", str(tmp_path))
    text = capsys.readouterr().out
    assert "ImageEncoderViT_0" in text
    assert "Block_5" in text
    read = "How they were read: size by the shapes of the first op."
    assert read in " ".join(text.split())
    assert (tmp_path / "report.html").is_file()


def test_11_run_a_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("11_run_a_script.py", str(tmp_path / "run"))
    text = capsys.readouterr().out
    assert "2 calls of SamAutomaticMaskGenerator.generate are recorded" in text
    assert "the image encoder takes " in text


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::torch.jit.TracerWarning")
def test_the_exporting_script_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = EXAMPLES / "scripts" / "export_decoder.py"
    monkeypatch.syspath_prepend(script.parent)
    monkeypatch.setattr(sys, "argv", [script.name, "--output", str(tmp_path / "decoder.onnx")])
    runpy.run_path(str(script), run_name="__main__")
    assert capsys.readouterr().out.startswith("decoder.onnx: ")
    assert (tmp_path / "decoder.onnx").stat().st_size > 100_000


def test_examples_use_public_names_only() -> None:
    imports = re.compile(
        r"^[^#]*\b(?:from samprof\.|import samprof\.|from samprof import _).*", re.M
    )
    found = {
        path.name: imports.findall(path.read_text())
        for path in [*EXAMPLES.rglob("*.py"), *EXAMPLES.glob("*.ipynb")]
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_every_example_has_a_test() -> None:
    tested = {name.removeprefix("test_") for name in globals() if re.match(r"test_\d", name)}
    assert {path.stem for path in EXAMPLES.glob("*.py")} == tested
