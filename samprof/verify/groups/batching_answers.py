"""What the sweeps of the group batching say, and how the numbers compare with published ones.

The answer has the expected shape if batching speeds the encoder up only a little, and an additional
image costs about the memory that others published. Everything else is shown: this device is not theirs,
and the faster a forward is, the more of the time at batch 1 is spent waiting for the host.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from samprof.analysis.scaling.measured import measured
from samprof.analysis.scaling.variant import EAGER
from samprof.sweeps.run.run import Run
from samprof.verify import published
from samprof.verify.case import Case
from samprof.verify.check import Check, limited, not_run, shown
from samprof.verify.groups.batching import GROUP, masks_label, nothing_measured, run_directory
from samprof.verify.session import VerifySession


def cases(session: VerifySession) -> Iterator[Case]:
    """The answers of each model's sweeps, and the published numbers next to ours."""
    for model in dict.fromkeys(model for model, _, _ in session.scale.batching):
        yield Case(
            f"{model}: answers",
            lambda model=model: _answers(session, model),  # type: ignore[misc]
            lacking=nothing_measured(session, model),
        )
    yield Case("published numbers next to ours", lambda: _beside(session))


def _answers(session: VerifySession, model: str) -> Iterator[Check]:
    run = Run(run_directory(session, model))
    for variant in run.variants():
        table = run.points()
        ok = measured(table[table["variant"] == variant]).set_index("size")
        label = f"{model} {variant}"
        if len(ok) < 2:
            yield not_run(f"{label}: speed-up", "fewer than two batch sizes ran")
            continue
        yield from _speedup(session, label, variant, _by_batch(ok["units_per_s"]))
        yield from _memory(session, label, model, variant, _by_batch(ok["peak_memory_bytes"]))
        verdict = run.verdict(variant)
        yield shown(f"{label}: best batch", verdict.best_size, "", verdict.reason)
        session.add_details(
            f"{label}: answers",
            {
                "verdict": verdict.as_dict(),
                "points": _rows(ok.reset_index()),
                "roles": _rows(run.roles(variant)),
                "scaling": _rows(run.scaling(variant)),
                "roofline": _rows(run.roofline(variant)),
            },
        )


def _speedup(
    session: VerifySession, label: str, variant: str, rates: Mapping[int, float]
) -> Iterator[Check]:
    batch = session.scale.speedup_batch
    if not {1, batch} <= rates.keys():
        yield not_run(f"{label}: speed-up", f"batch 1 or {batch} did not run")
        return
    limit = session.limits.speedup if variant == EAGER else None
    speedup = rates[batch] / rates[1]
    yield limited(f"{label}: speed-up from batch 1 to {batch}", speedup, limit, "x")


def _memory(
    session: VerifySession, label: str, model: str, variant: str, peaks: Mapping[int, float]
) -> Iterator[Check]:
    batch = session.scale.speedup_batch
    if not {1, batch} <= peaks.keys():
        return
    ours = (peaks[batch] - peaks[1]) / (batch - 1)
    yield shown(f"{label}: memory per additional image", ours / 2**20, "MiB")
    theirs = published.memory_per_image(model, variant, batch)
    if theirs is not None:
        limit = session.limits.memory if variant == EAGER else None
        yield limited(
            f"{label}: memory per image relative to the published one", ours / theirs, limit, "x"
        )


def _beside(session: VerifySession) -> Iterator[Check]:
    details = session.results.details.get(GROUP, {})
    found = {
        (model, variant, batch): details.get(f"{model} {variant} batch {batch}", {})
        for model, variant, batches in session.scale.batching
        for batch in batches
    }
    for points in session.scale.points_per_batch:
        found[session.scale.main, "masks", points] = details.get(masks_label(points), {})
    rows = published.beside(found)
    session.add_details("published", rows)
    (session.out / "published.md").write_text(published.as_text(rows))
    ratios = [row["ratio"] for row in rows if row["ratio"] is not None]
    what = "published numbers with one of ours to compare"
    note = (
        f"ratios {min(ratios):.2g} to {max(ratios):.2g}" if ratios else "none of these points ran"
    )
    yield shown(what, len(ratios), f"of {len(rows)}", note)


def _by_batch(column: Any) -> dict[int, float]:
    return {int(batch): float(value) for batch, value in column.items()}


def _rows(frame: Any) -> Any:
    """A table as plain rows, with null for what is not a number."""
    return json.loads(frame.to_json(orient="records"))
