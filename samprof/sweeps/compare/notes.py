"""What has to be said beside a comparison of two traces, a line each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.analysis.compare.alignment import KIND_WORDS, Alignment
from samprof.trace.model.names import OWNERLESS_NAMES
from samprof.units import TIME_SOURCES

if TYPE_CHECKING:
    from samprof.analysis.compare.trace_differences import Side
    from samprof.sweeps.compare.sides import Sources, Steps


def said_above(
    sources: Sources,
    sides: tuple[Side, Side],
    alignment: Alignment,
    steps: Steps,
    *,
    asked: str,
    paths: tuple[str, str] | None,
) -> Iterator[str]:
    """What the reader has to know first.

    Args:
        sources: what was compared.
        sides: the same, read.
        alignment: how their rows were matched.
        steps: what times are of.
        asked: the kind of range that was asked for, or auto.
        paths: where the sources are, if they are files.
    """
    a, b = sources
    if paths is not None and Path(paths[0]).resolve() == Path(paths[1]).resolve():
        yield f"{a.name} and {b.name} are the same: {paths[0]} is compared with itself."
    yield from (remark for source in sources for remark in source.remarks)
    yield _matched(sources, sides, alignment, asked)
    for source, side in zip(sources, sides, strict=True):
        if side.files > 1:
            yield f"{source.name} has {side.files} ranks: times are means over them."
    for what, one, other in (
        ("device", a.origin.device, b.origin.device),
        ("dtype of matrix products", a.origin.dtype, b.origin.dtype),
        ("CUDA or HIP", a.origin.software, b.origin.software),
        ("torch", a.torch, b.torch),
    ):
        if one != other and (what == "device" or (one and other)):
            yield (
                f"The {what} differs: {one or 'unknown'} in {a.name}, {other or 'unknown'} in {b.name}."
            )
    if sides[0].time_source != sides[1].time_source:
        sources_of = [
            f"{TIME_SOURCES[side.time_source]} in {s.name}"
            for s, side in zip(sources, sides, strict=True)
        ]
        yield (
            f"The time source differs: {', '.join(sources_of)}; CPU time is what the host spends in "
            "ops, device time what kernels take."
        )
    yield from _said_of_steps(sources, steps)


def said_below(sources: Sources) -> Iterator[str]:
    """What the reader has to know of the numbers."""
    yield (
        "A recording is one process: noise cannot be told from change, so no row counts as slower or "
        "faster; sweep both sides (samprof sweep) and compare the runs for intervals."
    )
    for source in sources:
        notes = source.ranks.notes if source.ranks is not None else source.first.notes
        yield from (f"{source.name}: {note}" for note in notes)


def _matched(sources: Sources, sides: tuple[Side, Side], alignment: Alignment, asked: str) -> str:
    """By what the rows were matched, and why."""
    a, b = sources
    if alignment.by != "op":
        count = "1 layer" if alignment.shared == 1 else f"{alignment.shared} layers"
        text = f"Matched by {KIND_WORDS[alignment.by]}: {count} in both."
        for source, move in zip(sources, alignment.moves, strict=True):
            if move is not None:
                text += f" {move.old} of {source.name} is taken for {move.new}."
        return text
    ops = [set(side.rows["path"]) - set(OWNERLESS_NAMES) for side in sides]
    both = len(ops[0] & ops[1])
    count = "1 op" if both == 1 else f"{both} ops"
    layers = [[kind for kind in source.kinds if kind != "op"][:1] for source in sources]
    has = [KIND_WORDS[kinds[0]] if kinds else "no layers" for kinds in layers]
    why = ""
    if layers[0] != layers[1]:
        why = f", because {a.name} has {has[0]}, {b.name} has {has[1]}"
    elif layers[0]:
        why = f", because their {has[0]} have hardly a path in common"
    return f"Matched by op{'' if asked == 'op' else why}: {count} in both."


def _said_of_steps(sources: Sources, steps: Steps) -> Iterator[str]:
    a, b = (source.name for source in sources)
    if not steps.per:
        yield (
            "Whole recordings are compared: how many steps each of them holds is not known, so that a "
            "difference may be one of the number of steps."
        )
    elif steps.counts != (1, 1):
        yield f"Times are per {steps.per}: {a} has {steps.counts[0]}, {b} {steps.counts[1]}."
