"""A run as TensorBoard shows it: one board a variant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from samprof.bridges.board import Board
from samprof.errors import RunError

if TYPE_CHECKING:
    from samprof.sweep.run import Run


def boards_of(run: Run) -> list[Board]:
    """The variants of which some batch size ran to its end.

    Raises:
        RunError: there is none.
    """
    variants = run.good_variants()
    if not variants:
        remedy = "look at the messages of its points, then sweep smaller batch sizes"
        raise RunError("run", run.path, "no batch size ran to its end", remedy)
    first, *others = (_board(run, variant) for variant in variants)
    # The picture of the components is one of all variants.
    return [first, *(replace(one, summary=replace(one.summary, components={})) for one in others)]


def _board(run: Run, variant: str) -> Board:
    points = run.good_points(variant)
    summary = replace(
        run.summary,
        variant=variant,
        scaling=run.scaling(variant),
        roles=run.roles(variant),
        verdict=run.verdict(variant),
        checks=run.checks(variant),
        roofline=run.roofline(variant),
        roof=run._roof(variant),
    )
    return Board(
        summary=summary,
        dtype=run._dtype(variant),
        components={
            point.batch_size: run.components(point.batch_size, variant)
            for point in points
            if point.components
        },
        traces={
            point.key: (point.batch_size, run.path / point.trace) for point in points if point.trace
        },
        lanes=run.lanes(variant=variant),
    )
