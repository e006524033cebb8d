"""What a sweep that was killed must leave behind, and what it must not."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import samprof
from samprof.sweeps.run.stored.directory import RunDirectory
from samprof.trace.model.slicing import slice_time

_OTHERS = re.compile(r"torchinductor_.*")
"""The cache of torch's compiler, which is to stay."""
_POINTS = ["size", "axis", "unit", "variant", "status", "processes", "kernels", "time_source"]
_LAYERS = ["size", "variant", "step", "repeat", "path", "depth", "calls", "kernels", "time_source"]
_LAYERS += ["type", "role", "phase", "flops", "bytes"]
_SCALING = ["path", "depth", "role"]


@dataclass(frozen=True)
class Held:
    """What a run directory held of a point.

    Attributes:
        path, data: the file, byte by byte.
        samples: what it holds.
    """

    path: Path
    data: bytes
    samples: list[dict[str, Any]]

    @property
    def is_finished(self) -> bool:
        """Whether both of its samples are there: one timed, one recorded."""
        return len(self.samples) == 2


def left_over(scratch: Path, out: Path, *, finished: bool = False) -> list[str]:
    """What is left that must not be: temporary folders; after a finished sweep also half a file."""
    folders = [path for path in scratch.iterdir() if not _OTHERS.fullmatch(path.name)]
    found = [f"left in the temporary directory: {path.name}" for path in folders]
    for path in folders:
        path.rename(scratch.with_name(path.name))  # told once
    if finished:
        hidden = [path for path in out.rglob("*") if path.name.startswith(".")]
        found += [f"left in the run directory: {path.relative_to(out)}" for path in hidden]
    return found


def points_held(out: Path) -> list[Held]:
    """The points of a run directory; reading fails where one is not whole."""
    points = {point.key: point for point in RunDirectory(out).points()} if out.is_dir() else {}
    paths = {key: out / "points" / f"{key}.json" for key in points}
    return [
        Held(paths[key], paths[key].read_bytes(), point.as_dict()["samples"])
        for key, point in points.items()
    ]


def unlike(before: list[Held], out: Path) -> list[str]:
    """Points that were finished and are other bytes now, and samples that are gone."""
    found = []
    now = {held.path: held for held in points_held(out)}
    for held in before:
        if held.path not in now:
            found.append(f"{held.path.name} is gone")
        elif held.is_finished and now[held.path].data != held.data:
            found.append(f"{held.path.name} was finished, and has changed")
        elif now[held.path].samples[: len(held.samples)] != held.samples:
            found.append(f"{held.path.name} has lost a sample")
    return found


def steady_tables(run: samprof.Run) -> dict[str, str]:
    """The columns of a run that do not depend on time, as text."""
    tables = {"points": run.points()[_POINTS], "layers": run.layers()[_LAYERS]}
    tables["scaling"] = run.scaling()[_SCALING]
    return {name: table.to_csv() for name, table in tables.items()}


def differences(whole: dict[str, str], run: samprof.Run) -> list[str]:
    """Where a resumed run differs from one that nobody killed, whose tables are given."""
    found = [
        f"{name} differ:\n{whole[name]}{text}"
        for name, text in steady_tables(run).items()
        if text != whole[name]
    ]
    return found + _other_traces(run)


def _other_traces(run: samprof.Run) -> list[str]:
    """Points whose trace is not that of their last recording."""
    found = []
    for point in run.data.measured:
        trace = run.trace(point.size)
        (_, start, _), *_, (_, _, end) = trace.steps()[1:]  # step 0 gets the profiler going
        check = slice_time(trace, start, end).check("samprof").as_dict()
        if check["total_ns"] != point.recorded[-1].check["total_ns"]:
            found.append(f"{point.key} has the trace of another sample")
    return found
