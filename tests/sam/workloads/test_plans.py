"""What is measured of a workload: the same from Python and from the command line."""

import argparse
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from samprof.cli.workload_options import add_workload_arguments, plans_of, workload_recipe
from samprof.sam.inputs.synthetic import synthetic
from samprof.sam.workloads import plans


def test_all_of_a_folder_is_measured_of_amg_alone(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        Image.fromarray(synthetic((60, 80)).pixels).save(tmp_path / name)
    assert plans.usual_size("amg", tmp_path) == 2
    assert plans.usual_size("amg", tmp_path / "a.png") == 1
    assert plans.usual_size("batch", tmp_path) == 4


def test_python_and_the_command_line_ask_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").touch()  # it is looked for, not read
    parser = argparse.ArgumentParser()
    add_workload_arguments(parser)
    asked_for = ["--images", "photos", "--prompt-kind", "boxes", "--allocator", "system"]
    options = parser.parse_args(asked_for)
    told = workload_recipe(options, "predict", "prompts")
    model = {"model": "auto", "checkpoint": None, "device": "auto", "dtype": "float32"}
    arguments = {**model, "images": Path("photos"), "kind": "boxes"}
    asked = plans.workload_recipe("predict", "prompts", arguments)
    assert told == asked
    assert asked.arguments["images"] == str(tmp_path / "photos")
    (first, second) = plans_of(options, "predict", told, "prompts", "16")
    assert [first, second] == plans.variant_plans(
        asked, ["together", "one-by-one"], [16], over="prompts"
    )
    assert replace(first, variant="one-by-one") == second
    assert plans.variant_recipe(asked, "together").arguments == {
        **asked.arguments,
        "variant": "together",
    }
