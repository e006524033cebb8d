"""The table of devices, and a user's own."""

from pathlib import Path

import pytest

from samprof.errors import UsageError
from samprof.prediction.devices import device_named, devices, devices_table

MINE = """
[mine]
title = "My card"
cores = 10
float32 = 2
bandwidth = 100
memory = 8
"""


def test_every_device_has_what_predictions_need_and_says_where_it_stands() -> None:
    for name, one in devices().items():
        assert one.flops_per_s["float32"] > 1e12, name
        assert one.source, name
        assert one.date[:2] == "20", name
    assert {"L4", "L40S", "A100", "H100", "H200", "T4", "RTX3090", "RTX4090"} <= set(devices())


@pytest.mark.parametrize("name", ["L40S", "l40s", "NVIDIA L40S", "nvidia-l40s"])
def test_names_are_found_however_they_are_written(name: str) -> None:
    assert device_named(name).name == "L40S"


def test_products_and_convolutions_of_float32_have_their_own_peaks() -> None:
    a100, t4 = device_named("A100"), device_named("T4")
    assert a100.peak("float32") == 19.5e12
    assert a100.peak("float32", convolution=True) == 156e12
    assert t4.peak("float32", convolution=True) == pytest.approx(0.37 * 8.1e12)  # no TF32, and 70 W
    with pytest.raises(UsageError, match="no rate for bfloat16; use float32, float16"):
        t4.peak("bfloat16")


def test_a_file_of_the_users_own_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(MINE + MINE.replace("[mine]", "[L4]"))
    assert device_named("mine", path).flops_per_s == {"float32": 2e12}
    assert device_named("L4", path).title == "My card"
    assert device_named("H100", path).title == "NVIDIA H100 80GB HBM3"
    assert devices_table(devices(path).values())["name"].is_unique


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("[", "not a table of devices"),
        ("[x]\ntitle = 3", "not a table of devices"),
        (MINE + "speed = 3", "not a table of devices"),
        (MINE.replace("= 2", "= 0"), "not above 0"),
        (MINE + "sustained = 2", "not above 0"),
    ],
)
def test_a_file_that_is_no_table_is_one_line(text: str, cause: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=cause):
        device_named("mine", path)


def test_an_unknown_device_names_the_nearest() -> None:
    with pytest.raises(
        UsageError, match="device L40: not in the table of devices; use one of L40S"
    ):
        device_named("L40")
