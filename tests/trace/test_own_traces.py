"""The real traces of this repository still give the totals that were recorded with them."""

import hashlib
import json
from typing import Any

import pytest

from samprof.trace import Trace, load_trace
from tests.support.paths import ROOT

FOLDER = ROOT / "traces"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())


@pytest.fixture(scope="module", params=sorted(EXPECTED))
def named(request: pytest.FixtureRequest) -> tuple[str, Trace]:
    return request.param, load_trace(FOLDER / request.param, cache=False)


def test_every_trace_has_its_totals_and_a_line_in_the_readme() -> None:
    names = {path.name for path in FOLDER.glob("*.json.gz")}
    assert names == set(EXPECTED)
    page = (FOLDER / "README.md").read_text()
    for name, expected in EXPECTED.items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == expected["sha256"]
        assert f"`{name}`" in page
        assert expected["sha256"] in page


def test_totals_and_layers_are_those_that_were_recorded(named: tuple[str, Trace]) -> None:
    name, trace = named
    expected, check = EXPECTED[name], trace.check("samprof")
    assert check.ok
    assert {key: getattr(check, key) for key in expected["check"]} == expected["check"]
    table = trace.layers("samprof").set_index("path")[f"{trace.time_source}_total_ns"]
    assert table.to_dict() == expected["layers"]
    assert len(trace.kernels("samprof")) == expected["activities"]


def test_flops_are_those_of_the_model(named: tuple[str, Trace]) -> None:
    # vit_b at 1024 pixels: derived by hand in tests/trace/test_work.py.
    layers = named[1].layers("samprof").set_index("role")
    assert layers.loc["image encoder", "matrix_flops"] == 972_077_334_528
