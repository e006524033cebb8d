"""Why the layer classes that a verdict blames do not gain, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from samprof.analysis.axis import Axis
from samprof.analysis.potential import potential_sentence
from samprof.analysis.roofline import COMPUTE, IDLE, LAUNCH, MEMORY, UNKNOWN, Roof
from samprof.analysis.verdict import Verdict

_NEAR = 0.5
"""From this share of a peak on a layer is limited by the device and not by how it is written."""


def explained(
    verdict: Verdict,
    roles: pd.DataFrame,
    most: pd.DataFrame,
    roof: Roof | None,
    axis: Axis,
    remarks: Sequence[str] = (),
) -> Verdict:
    """The verdict with what limits the layer classes that it blames, and what to optimise first.

    Args:
        verdict: as `samprof.analysis.verdict.verdict` gives it.
        roles: `roofline` of the layer classes (`by_role`); empty where no shapes were recorded.
        most: `potential` of them at the verdict's best batch size.
        roof: of the device; None where it is not known.
        axis: what the sizes count.
        remarks: what is known of the model besides.
    """
    if roles.empty:
        return verdict
    added = [
        _limits(verdict, roles),
        *(f"{remark[0].upper()}{remark[1:]}." for remark in remarks if remark),
        potential_sentence(most, roof, axis),
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
        far = [(role, row) for role, row in known if _is_far(row)]
        parts = [f"{role} {_words(row)}" for role, row in known if not _is_far(row)]
        parts += [_far_words(far)] if far else []
        text = "; ".join(parts)
        return f"{text[0].upper()}{text[1:]}."
    if not found:
        return ""
    return "What limits them is not known: measure this device's peaks with samprof doctor."


def _is_far(row: pd.Series) -> bool:
    """Whether the layer class computes and moves little beside what the device can."""
    return row["bound"] in (COMPUTE, MEMORY) and max(row["flops_share"], row["bytes_share"]) < _NEAR


def _far_words(rows: Sequence[tuple[str, pd.Series]]) -> str:
    names = [role for role, _ in rows]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    flops, moved = (max(row[share] for _, row in rows) for share in ("flops_share", "bytes_share"))
    most = "" if len(names) == 1 else "at most "
    return (
        f"{listed} {'is' if len(names) == 1 else 'are'} near neither peak ({most}{flops:.0%} of the "
        f"FLOPs, {moved:.0%} of the bytes a second): {'its' if len(names) == 1 else 'their'} "
        f"{'kernels' if rows[0][1]['clock'] == 'device' else 'ops'} do not use the device"
    )


def _words(row: pd.Series) -> str:
    if row["bound"] == LAUNCH:
        return f"waits for its launches {row['launch_gap_share']:.0%} of the time"
    if row["bound"] == IDLE:
        return f"leaves the device idle {row['gap_share']:.0%} of the time"
    if row["bound"] == COMPUTE:
        share = row["flops_share"]
        return f"computes at {share:.0%} of the peak: each image is as much work again"
    share = row["bytes_share"]
    return f"moves memory at {share:.0%} of the peak: each image is as much to move again"
