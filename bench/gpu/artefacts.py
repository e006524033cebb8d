"""What the kit leaves: small traces with all of samprof's ranges, figures, and one archive of it all."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.gpu.books import own_check
from bench.gpu.check import Check, Limit, none_of, shown, within
from bench.gpu.founding import run_directory
from bench.gpu.kit import Case, Kit
from samprof.files import written_whole
from samprof.sweep.run import Run
from samprof.trace import load_trace

GROUP = "traces"
ARCHIVE = "artefacts.tar.gz"
_STEPS = 2  # the fewest whose kernels can be compared, after the one that gets the profiler going
_GRANULARITIES = ("block", "op")
_LARGEST_MB = 2.0
_PACKED = ("results.json", "checks.txt", "published.md", "traces", "figures")


def cases(kit: Kit) -> Iterator[Case]:
    """A trace a batch and granularity."""
    model = kit.scale.main
    for batch in kit.scale.traces:
        for granularity in _GRANULARITIES:
            name = f"{model}-b{batch:04d}-{granularity}"
            yield kit.paced(
                name,
                (model, "float32", batch),
                _STEPS + 2,
                lambda point=(name, batch, granularity): _trace(kit, *point),  # type: ignore[misc]
            )


def _trace(kit: Kit, name: str, batch: int, granularity: str) -> Iterator[Check]:
    encoder = kit.encoder(kit.scale.main)
    with kit.mode("float32"), tempfile.TemporaryDirectory() as folder:
        pixels = kit.images(encoder, batch)
        encoder(pixels)
        recording = kit.record_steps(
            encoder, lambda: encoder(pixels), _STEPS, granularity=granularity
        )
        plain = gzip.decompress(recording.save(folder).read_bytes())
    path = kit.out / "traces" / f"{name}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as file:
        file.write(gzip.compress(plain, 9, mtime=0))
    totals = totals_of(path)
    about = {
        "model": kit.scale.main,
        "batch": batch,
        "granularity": granularity,
        "steps": _STEPS + 1,
    }
    packed = path.read_bytes()
    digest = hashlib.sha256(packed).hexdigest()
    kit.keep(name, {**about, "sha256": digest, "bytes": len(packed), **totals})
    yield within(f"{name}: size", len(packed) / 1e6, Limit(high=_LARGEST_MB), "MB")
    modules = set(recording.trace.recorded["modules"])
    absent = sorted(modules - totals["layers"].keys())
    yield none_of(f"{name}: ranges that it lacks", len(absent), "ranges", ", ".join(absent[:5]))
    yield from own_check(name, totals["check"])
    yield shown(f"{name}: total time", totals["check"]["total_ns"] / 1e6, "ms")


def totals_of(path: Path) -> dict[str, Any]:
    """What a trace file adds up to: the figures that a test can hold it to."""
    trace = load_trace(path, cache=False)
    table = trace.layers("samprof")
    time = f"{trace.clock}_total_ns"
    check = trace.check("samprof").as_dict()
    return {
        "check": {**check, "notes": list(check["notes"])},
        "activities": len(trace.kernels("samprof")),
        "layers": {row["path"]: int(row[time]) for _, row in table.iterrows()},
    }


def figures(kit: Kit) -> Iterator[Case]:
    """The figures of every model that was swept."""
    for model in dict.fromkeys(model for model, _, _ in kit.scale.founding):
        yield Case(f"{model}: figures", lambda model=model: _figures(kit, model))  # type: ignore[misc]


def _figures(kit: Kit, model: str) -> Iterator[Check]:
    made = Run(run_directory(kit, model)).figures(kit.out / "figures" / model)
    yield within(f"{model}: figures", len(made), Limit(low=1), "files")


def pack(out: Path) -> Path:
    """One archive of what is small: to be fetched from the machine in one piece."""
    path = out / ARCHIVE
    with written_whole(path) as file, tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name in _PACKED:
            if (out / name).exists():
                archive.add(out / name, arcname=name)
    return path
