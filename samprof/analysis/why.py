"""Why the layer classes that a verdict blames do not gain, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from samprof.analysis.axis import Axis
from samprof.analysis.potential import potential, potential_sentence
from samprof.analysis.roofline import COMPUTE, IDLE, LAUNCH, MEMORY, UNKNOWN, Roof
from samprof.analysis.verdict import Verdict

_NEAR = 0.5
"""From this share of a peak on a layer is limited by the device and not by how it is written."""


def explained(
    verdict: Verdict,
    roles: pd.DataFrame,
    roof: Roof | None,
    axis: Axis,
    remarks: Sequence[str] = (),
) -> Verdict:
    """The verdict with what limits the layer classes that it blames, and what to optimise first.

    Args:
        verdict: as `samprof.analysis.verdict.verdict` gives it.
        roles: `roofline` of the layer classes (`by_role`); empty where no shapes were recorded.
        roof: of the device; None where it is not known.
        axis: what the sizes count.
        remarks: what is known of the model besides.
    """
    if roles.empty:
        return verdict
    best = potential(roles, roof, verdict.best_batch_size)
    added = [
        _limits(verdict, roles),
        *(f"{remark[0].upper()}{remark[1:]}." for remark in remarks if remark),
        potential_sentence(best, roof, axis),
    ]
    place = 2 if verdict.blame else 1
    sentences = (
        *verdict.sentences[:place],
        *(sentence for sentence in added if sentence),
        *verdict.sentences[place:],
    )
    bounds = roles.drop_duplicates("path", keep="last").set_index("path")["bound"]
    details = tuple(
        replace(entry, bound=str(bounds.get(entry.role, UNKNOWN)))
        for entry in verdict.blame_details
    )
    return replace(verdict, blame_details=details, sentences=sentences)


def _limits(verdict: Verdict, roles: pd.DataFrame) -> str:
    """What limits each class that is blamed, at the largest batch; empty if none is."""
    rows = roles[roles["batch_size"] == roles["batch_size"].max()].set_index("path")
    found = [(role, rows.loc[role]) for role in verdict.blame if role in rows.index]
    known = [(role, row) for role, row in found if row["bound"] != UNKNOWN]
    if known:
        parts = "; ".join(f"{role} {_words(row)}" for role, row in known)
        return f"{parts[0].upper()}{parts[1:]}."
    if not found:
        return ""
    return "What limits them is not known: measure this device's peaks with samprof doctor."


def _words(row: pd.Series) -> str:
    if row["bound"] == LAUNCH:
        return f"waits for its launches {row['launch_gap_share']:.0%} of the time"
    if row["bound"] == IDLE:
        return f"leaves the device idle {row['gap_share']:.0%} of the time"
    compute, memory = row["flops_share"], row["bytes_share"]
    if max(compute, memory) < _NEAR:
        return (
            f"is near neither peak ({compute:.0%} of the FLOPs, {memory:.0%} of the bytes a second): "
            "its kernels do not use the device"
        )
    if row["bound"] == COMPUTE:
        return f"computes at {compute:.0%} of the peak: each image is as much work again"
    assert row["bound"] == MEMORY
    return f"moves memory at {memory:.0%} of the peak: each image is as much to move again"
