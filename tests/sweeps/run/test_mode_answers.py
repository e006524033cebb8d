"""A run of one size says how its variants compare, with intervals, and nothing that is not proven."""

from pathlib import Path
from typing import Any

from samprof.sweeps.about import About
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.mode_answers import component_speedups_of
from samprof.sweeps.run.run import Run
from samprof.sweeps.run.stored.directory import RunDirectory
from tests.support.samples import layer_rows, points, recorded, timed

NAMES = ("encoder", "decoder")
ENCODER = {"one-by-one": 80, "batched": 40}


def parts(encoder: int) -> dict[str, list[Any]]:
    zeros = [0.0, 0.0]
    numbers = {"calls": [1.0, 1.0], "wait_ns": zeros, "device_ns": zeros, "kernels": zeros}
    return {"step": [1, 1], "component": list(NAMES), "host_ns": [encoder, 20.0], **numbers}


def run_of(folder: Path, rounds: int, **more: Any) -> Run:
    directory = RunDirectory(folder)
    for variant, encoder in ENCODER.items():
        plan = Plan({"module": "net"}, (4,), variant=variant)
        directory.begin(plan, About({}, {"device_name": "a CPU"}), fresh=False)
        whole, found = encoder + 20, []
        for number in range(rounds):
            found.append(timed(4, number, [whole], variant=variant, **more))
            held = {"components": parts(encoder), "layers": layer_rows(whole)}
            held["check"] = {"ok": True}
            found.append(recorded(4, rounds + number, [whole], variant=variant, **held, **more))
        for point in points(*found):
            directory.write_point(point)
    return Run(folder)


def test_components_and_modes_are_compared_with_intervals(tmp_path: Path) -> None:
    run = run_of(tmp_path, 3)
    (table,) = component_speedups_of(run.data).values()
    rows = table.set_index("component")
    # 80 against 40 ns, the same 20 ns, 100 against 60 ns.
    assert rows["speedup"].round(3).to_dict() == {"encoder": 2.0, "decoder": 1.0, "whole": 1.667}
    assert rows["speedup_low"].notna().all()
    said = run.verdict().sentences
    assert said[0] == (
        "At batch 4, batched runs at 1.67x the throughput of one-by-one (95% CI 1.67-1.67)."
    )
    assert said[1:3] == (
        "Host time of one-by-one: encoder 80%, decoder 20%.",
        "Host time of batched: encoder 67%, decoder 33%.",
    )
    assert "nothing to compare" not in str(run.verdict())


def test_without_a_clean_answer_nothing_is_compared(tmp_path: Path) -> None:
    run = run_of(tmp_path, 3, machine={"foreign_share": 0.7})
    assert component_speedups_of(run.data) == {}
    assert run.verdict().sentences[0].startswith("Undecided, because foreign processes")
