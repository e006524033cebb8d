"""The sections of a page on runs: what they are called, and which of them a run has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from samprof.analysis.scaling.axis import Axis

VERDICT, FORWARD, COMPARISON = "verdict", "forward", "comparison"
SECTIONS = (
    VERDICT,
    "scaling",
    "batching",
    "growth",
    "components",
    "roofline",
    FORWARD,
    COMPARISON,
    "accounting",
    "overhead",
    "environment",
    "commands",
)
"""All sections, in the order of the whole page. The verdict always stands on top."""


class Section(NamedTuple):
    """A section as it stands on a page.

    Attributes:
        name: one of `SECTIONS`.
        anchor: where links go to.
        title: above it.
    """

    name: str
    anchor: str
    title: str


def sections_of(
    name: str,
    wanted: Sequence[str],
    axis: Axis,
    drawings: Mapping[str, Collection[Any]],
    *,
    components: bool,
    compared: bool,
) -> list[Section]:
    """The sections of a run that are wanted and have something in them, in the order asked for.

    Args:
        name: of the run in anchors.
        wanted: names of sections.
        axis: what its sizes count.
        drawings: part -> its charts.
        components: whether there is a component table.
        compared: whether its variants are compared.
    """
    titles = {
        "scaling": "Layers",
        "batching": axis.subject if drawings["batching"] else "",
        "growth": f"Layers against {axis.label}" if drawings["layers"] else "",
        "components": "Components" if components else "",
        "roofline": "Roofline" if drawings["roofline"] else "",
        FORWARD: "One forward" if drawings["modules"] or drawings["timeline"] else "",
        COMPARISON: "Comparison" if compared else "",
        "accounting": "Time accounting",
        "overhead": "Points and profiler overhead",
        "environment": "Where it ran",
        "commands": "How it was made",
    }
    return [
        Section(one, one if one == COMPARISON else f"{name}-{one}", titles[one])
        for one in wanted
        if titles.get(one)
    ]
