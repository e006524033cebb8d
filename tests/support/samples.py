"""Hand-made samples of a sweep."""

from typing import Any

from samprof.sweeps.run.stored.point import Point
from samprof.sweeps.run.stored.sample import Sample

QUIET = {"foreign_share": 0.01, "pressure": 0.0, "steal_share": 0.0}


def timed(size: int, round_: int, wall_ns: list[int], **more: Any) -> Sample:
    """A sample with forwards that were timed, on a quiet machine of one state."""
    return sample(size, round_, wall_ns=wall_ns, **more)


def recorded(size: int, round_: int, time_ns: list[int], **more: Any) -> Sample:
    """A sample with forwards that were recorded, whose wall time is their root's."""
    made = {"recorded_wall_ns": time_ns, "time_ns": time_ns, "time_source": "cpu"}
    return sample(size, round_, **{**made, "kernels": [0] * len(time_ns), **more})


def sample(
    size: int, round_: int, *, latency: tuple[float, float] = (30.0, 30.0), **more: Any
) -> Sample:
    machine = {**QUIET, "latency_before_ns": latency[0], "latency_after_ns": latency[1]}
    machine |= more.pop("machine", {})
    given = {"variant": "eager", "status": "ok", "units": float(size), **more}
    return Sample(size=size, round=round_, machine=machine, **given)


def layer_rows(time_ns: int, role: str = "") -> dict[str, list[Any]]:
    """The layers of a recorded forward of one module, as a sample holds them."""
    row = {"path": "net", "depth": 0, "repeat": 0, "step": 1, "calls": 1, "time_source": "cpu"}
    row |= {"device_total_ns": 0, "device_self_ns": 0}
    row |= {"cpu_total_ns": time_ns, "cpu_self_ns": time_ns, "type": "", "role": role}
    return {name: [value] for name, value in row.items()}


def points(*samples: Sample) -> list[Point]:
    """The points of these samples, sizes ascending."""
    found: dict[int, Point] = {}
    for one in samples:
        held = found.get(one.size, Point(one.size, one.variant))
        found[one.size] = held.with_sample(one)
    return [found[size] for size in sorted(found)]
