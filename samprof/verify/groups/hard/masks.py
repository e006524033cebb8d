"""A hard case: automatic masks, with a lot of work on the host."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samprof.sweeps.execute import measure_once
from samprof.sweeps.measure.engines import ThisProcess
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.run import Run
from samprof.verify.accounting import own_check
from samprof.verify.case import Case
from samprof.verify.check import Check, failed, is_true, shown
from samprof.verify.session import VerifySession

_HOST_PARTS = ("RLE", "mask upsampling", "filtering")


def cases(session: VerifySession) -> Iterator[Case]:
    """The only one."""
    yield Case("automatic masks", lambda: _masks(session), lambda: 10.0)


def _masks(session: VerifySession) -> Iterator[Check]:
    """The components of automatic masks, host work included, add up to the whole."""
    from samprof.sam.workloads.amg import amg

    scale, label = session.scale, "automatic masks"
    arguments: dict[str, Any] = {
        "model": scale.main,
        "device": session.device.name,
        "points_per_side": scale.points_per_side,
    }
    session.peaks()  # else the run measures them by itself, for longer
    with tempfile.TemporaryDirectory() as folder:
        if scale.photo_size is not None:
            arguments["images"] = _photo(Path(folder), scale.photo_size)
        plan = Plan(target=arguments, sizes=(1,), rounds=1, repeats=1, warmup=0)
        out = Path(folder) / "run"
        engine = ThisProcess(lambda: session.shortened(amg(**arguments)))
        point = measure_once(plan, engine, 1, out)
        if point.status != "ok":
            yield failed(label, f"{point.status}: {point.message}")
            return
        components = Run(out).components()
    yield from own_check(label, point.check, on_gpu=session.device.is_gpu)
    named = components.set_index("component")["host_ns"]
    session.add_details(label, {name: int(time) for name, time in named.items()})
    missing = [name for name in _HOST_PARTS if not named.get(name, 0)]
    yield is_true(f"{label}: host work has rows", true=not missing, note=", ".join(missing))
    off = abs(int(named.sum()) - point.recorded_wall_ns[-1]) / point.recorded_wall_ns[-1]
    yield shown(f"{label}: components against wall time", 100 * off, "%")


def _photo(folder: Path, size: tuple[int, int]) -> str:
    """A file with a synthetic image of this height and width."""
    from PIL import Image

    from samprof.sam.inputs.synthetic import synthetic

    path = folder / "photo.png"
    Image.fromarray(synthetic(size).pixels).save(path)
    return str(path)
