"""The variant that others are compared with: what a run is without being told, unnamed in files."""

from dataclasses import fields

from samprof.analysis.scaling.variant import EAGER
from samprof.report.summary import Summary
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.stored.point import point_key


def test_the_name_is_the_one_in_the_runs_that_there_are() -> None:
    assert EAGER == "eager"


def test_a_plan_and_a_summary_are_of_the_model_as_it_is_by_default() -> None:
    defaults = [
        {field.name: field.default for field in fields(kind)}["variant"] for kind in (Plan, Summary)
    ]
    assert defaults == [EAGER, EAGER]


def test_it_is_left_out_of_file_names_and_names_that_contain_it_are_not() -> None:
    names = [point_key(8, variant) for variant in (EAGER, "bf16", "eager-like")]
    assert names == ["b0008", "b0008-bf16", "b0008-eager-like"]
