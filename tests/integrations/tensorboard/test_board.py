"""Curves and texts in the event files are those of the run's tables."""

from pathlib import Path

from samprof.sweeps.run.run import Run
from tests.support.tensorboard import MIB, MS, POINTS, SIZES, VARIANTS, events_in, single


def test_every_number_of_a_curve_is_that_of_the_points(run: Run, logdir: Path) -> None:
    points = run.points()
    for variant in VARIANTS:
        events = events_in(logdir / variant)
        rows = points[points["variant"] == variant]
        expected = {
            "throughput/images_per_s": rows["units_per_s"],
            "latency/wall_ms": rows["wall_ns"] / MS,
            "latency/image_ms": 1e3 / rows["units_per_s"],
            "latency/recorded_cpu_ms": rows["time_ns"] / MS,
            "memory/peak_MiB": rows["peak_memory_bytes"] / MIB,
            "profiler/profiler_overhead": rows["profiler_overhead"],
        }
        for tag, values in expected.items():
            found = [(event.step, event.value) for event in events.Scalars(tag)]
            assert found == list(zip(SIZES, map(single, values), strict=True)), tag


def test_times_by_role_and_component_are_those_of_the_tables(run: Run, logdir: Path) -> None:
    for variant in VARIANTS:
        events = events_in(logdir / variant)
        expected = {}
        times = run.summary(variant).role_times
        for path in run.roles(variant)["path"]:
            own = times[times["path"] == path].set_index("size")["unit_ns"]
            expected[f"role_cpu_ms_per_image/{path}"] = [own[size] / MS for size in SIZES]
        tables = [run.components(size, variant) for size in SIZES]
        for row, name in enumerate(tables[0]["component"]):
            values = [table["host_ns"][row] / MS for table in tables]
            expected[f"component_host_ms/{name}"] = values
        for tag, values in expected.items():
            found = [(event.step, event.value) for event in events.Scalars(tag)]
            assert found == list(zip(SIZES, map(single, values), strict=True)), tag
        assert set(expected) <= set(events.Tags()["scalars"])
        assert len(events.Tags()["scalars"]) == len(expected) + 6


def test_texts_hold_the_verdict_and_the_tables(run: Run, logdir: Path) -> None:
    for variant in VARIANTS:
        events = events_in(logdir / variant)
        found = {
            tag: events.Tensors(tag)[0].tensor_proto.string_val[0].decode()
            for tag in events.Tags()["tensors"]
        }
        assert str(run.verdict(variant)) in found["answer/verdict/text_summary"]
        assert "| `net.first` |" in found["tables/scaling/text_summary"]
        assert found["tables/points/text_summary"].count("| ok |") == len(POINTS)
        assert "| Linear |" in found["tables/layer classes/text_summary"]
        assert "| net.second |" in found["tables/components/text_summary"]
