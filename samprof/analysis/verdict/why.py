"""What limits the layer classes that a verdict blames, in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from samprof.analysis.device.roofline import COMPUTE, IDLE, LAUNCH, PAGING, UNKNOWN, Roof
from samprof.analysis.scaling.axis import Axis
from samprof.analysis.verdict.potential import potential_sentence
from samprof.analysis.verdict.verdict import Verdict
from samprof.analysis.verdict.wording import listed, sentence


def explained(
    verdict: Verdict,
    roles: pd.DataFrame,
    most: pd.DataFrame,
    roof: Roof | None,
    axis: Axis,
    remarks: Sequence[str] = (),
    finer: str = "",
) -> Verdict:
    """The verdict with what limits the layer classes that it blames, and what to optimise first.

    Args:
        verdict: as `samprof.analysis.verdict.verdict.verdict` gives it.
        roles: `roofline` of the layer classes (`by_role`); empty where no shapes were recorded.
        most: `potential` of them at the verdict's best size.
        roof: of the device; None where it is not known.
        axis: what the sizes count.
        remarks: what else is known about the model.
        finer: as in `samprof.analysis.verdict.potential.potential_sentence`.

    Returns:
        The verdict as it is where no shapes were recorded, or where there is no clean answer. Where the
        host is the reason, no layer is named.
    """
    if roles.empty or math.isnan(verdict.speedup):
        return verdict
    added = [
        _limits(verdict, roles, axis),
        *(sentence(remark) for remark in remarks if remark),
        "" if verdict.remedy else potential_sentence(most, roof, verdict.best_size, axis, finer),
    ]
    told = (verdict.reason in verdict.sentences, bool(verdict.remedy), bool(verdict.blame))
    place = 1 + sum(told)
    sentences = (
        *verdict.sentences[:place],
        *(text for text in added if text),
        *verdict.sentences[place:],
    )
    bounds = roles[roles["size"] == roles["size"].max()].set_index("path")["bound"]
    details = tuple(
        replace(entry, bound=str(bounds.get(entry.role, UNKNOWN)))
        for entry in verdict.blame_details
    )
    return replace(verdict, blame_details=details, sentences=sentences)


def _limits(verdict: Verdict, roles: pd.DataFrame, axis: Axis) -> str:
    """What limits each class that is blamed, at the largest size; empty if none is."""
    rows = roles[roles["size"] == roles["size"].max()].set_index("path")
    found = [(role, rows.loc[role]) for role in verdict.blame if role in rows.index]
    known = [(role, row) for role, row in found if row["bound"] != UNKNOWN]
    far = [
        pair for pair in found if pair[1]["bound"] == UNKNOWN and pd.notna(pair[1]["flops_share"])
    ]
    if known or far:
        parts = [f"{role} {_words(row, axis.unit)}" for role, row in known]
        parts += [_far_words(far)] if far else []
        return f"At {axis.text(int(roles['size'].max()))}, {'; '.join(parts)}."
    if not found:
        return ""
    return "What limits them is unknown until samprof doctor has measured this device's peaks."


def _far_words(rows: Sequence[tuple[str, pd.Series]]) -> str:
    names = [role for role, _ in rows]
    flops, moved = (max(row[share] for _, row in rows) for share in ("flops_share", "bytes_share"))
    most = "" if len(names) == 1 else "at most "
    verb, whose = ("is", "its") if len(names) == 1 else ("are", "their")
    return (
        f"{listed(names)} {verb} near neither peak ({most}{flops:.0%} of the FLOPs, {moved:.0%} of the "
        f"bytes per second): {whose} "
        f"{'kernels' if rows[0][1]['time_source'] == 'device' else 'ops'} do not use the device"
    )


def _words(row: pd.Series, unit: str) -> str:
    if row["bound"] == PAGING:
        return "waits for the operating system to hand out memory"
    if row["bound"] == LAUNCH:
        return f"waits for its launches {row['launch_gap_share']:.0%} of the time"
    if row["bound"] == IDLE:
        return f"leaves the device idle {row['gap_share']:.0%} of the time"
    if row["bound"] == COMPUTE:
        share = row["flops_share"]
        return f"computes at {share:.0%} of the peak: every {unit} adds as many FLOPs"
    share = row["bytes_share"]
    return f"moves memory at {share:.0%} of the peak: every {unit} adds as many bytes"
