"""Small traces with all of samprof's ranges, left in the folder for tests and for readers."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samprof.files import written_whole
from samprof.trace import load_trace
from samprof.verify.accounting import own_check
from samprof.verify.case import Case
from samprof.verify.check import Check, Limit, limited, none_of, shown
from samprof.verify.session import VerifySession

GROUP = "traces"
_STEPS = 2  # the fewest steps that can be compared, after one that gets the profiler going
_GRANULARITIES = ("block", "op")
_LARGEST_MB = 2.0


def cases(session: VerifySession) -> Iterator[Case]:
    """One trace per batch size and granularity."""
    model = session.scale.main
    for batch in session.scale.trace_batches:
        for granularity in _GRANULARITIES:
            name = f"{model}-b{batch:04d}-{granularity}"
            yield session.timed_case(
                name,
                (model, "float32", batch),
                _STEPS + 3,
                lambda point=(name, batch, granularity): _trace(session, *point),  # type: ignore[misc]
            )


def _trace(session: VerifySession, name: str, batch: int, granularity: str) -> Iterator[Check]:
    encoder = session.encoder(session.scale.main)
    with session.precision("float32"), tempfile.TemporaryDirectory() as folder:
        pixels = session.images(encoder, batch)
        session.warm_up(encoder, pixels, session.scale.main, "float32")
        recording = session.record_steps(
            encoder, lambda: encoder(pixels), _STEPS, granularity=granularity
        )
        plain = gzip.decompress(recording.save(folder).read_bytes())
    path = session.out / "traces" / f"{name}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as file:
        file.write(gzip.compress(plain, 9, mtime=0))
    totals = totals_of(path)
    about = {
        "model": session.scale.main,
        "batch": batch,
        "granularity": granularity,
        "steps": _STEPS + 1,
    }
    packed = path.read_bytes()
    digest = hashlib.sha256(packed).hexdigest()
    session.add_details(name, {**about, "sha256": digest, "bytes": len(packed), **totals})
    yield limited(f"{name}: size", len(packed) / 1e6, Limit(high=_LARGEST_MB), "MB")
    modules = set(recording.trace.recorded["modules"])
    missing = sorted(modules - totals["layers"].keys())
    yield none_of(f"{name}: missing ranges", len(missing), "ranges", ", ".join(missing[:5]))
    yield from own_check(name, totals["check"], on_gpu=session.device.is_gpu)
    yield shown(f"{name}: total time", totals["check"]["total_ns"] / 1e6, "ms")


def totals_of(path: Path) -> dict[str, Any]:
    """What a trace file adds up to: the figures that a test can compare it with."""
    trace = load_trace(path, cache=False)
    table = trace.layers("samprof")
    time = f"{trace.time_source}_total_ns"
    check = trace.check("samprof").as_dict()
    return {
        "check": {**check, "notes": list(check["notes"])},
        "activities": len(trace.kernels("samprof")),
        "layers": {row["path"]: int(row[time]) for _, row in table.iterrows()},
    }
