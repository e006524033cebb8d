"""Panels of the batching charts: one quantity against the size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from samprof.report.page.chart_parts import (
    GREY,
    Drawing,
    Rows,
    color_by,
    data_of,
    drawing,
    faded_unless_picked,
    size_axis,
    tips,
    vega,
)
from samprof.report.palette import ACCENT
from samprof.units import Unit

if TYPE_CHECKING:
    from samprof.analysis.scaling.axis import Axis

_HEIGHT = 210


@dataclass(frozen=True, slots=True)
class Rule:
    """A horizontal line at a value, in base units, with words beside it."""

    value: float
    words: str = ""


@dataclass(frozen=True, slots=True)
class Panels:
    """What the panels of one group have in common.

    Attributes:
        rows: as `samprof.report.page.batching_rows.point_rows` gives them.
        sizes: ascending.
        colors: series -> colour.
        axis: what the sizes count.
    """

    rows: Rows
    sizes: list[int]
    colors: Mapping[str, str]
    axis: Axis

    def draw(
        self,
        title: str,
        what: tuple[str, Unit, str],
        *,
        fit: Rows | None = None,
        rules: Sequence[Rule] = (),
        marked: Rows | None = None,
        note: str = "",
    ) -> Drawing:
        """One panel: line, bars and points, with fit, limits and the size to run.

        Args:
            title: above it.
            what: the field of the rows, the unit it is shown in, and the title of its axis.
            fit: rows of a dotted line.
            rules: horizontal lines.
            marked: the rows of the size to run.
            note: below it.
        """
        alt = vega()
        key, unit, label = what
        x = size_axis(self.sizes, self.axis.label)
        y = alt.Y(f"{key}:Q", title=label, scale=alt.Scale(zero=True))
        layers = [
            *(layer for rule in rules for layer in _rule_layers(rule, key, unit, y)),
            *([_fit_layer(fit, key, unit).encode(x=x, y=y)] if fit else []),
            *self._series_layers(what, x, y),
            *(layer.encode(x=x, y=y) for layer in self._marks(marked or [], key, unit)),
        ]
        legend = self.colors if len(self.colors) > 1 else {}
        return drawing(alt.layer(*layers), title, _HEIGHT, legend, note)

    def _series_layers(self, what: tuple[str, Unit, str], x: Any, y: Any) -> list[Any]:
        alt = vega()
        key, unit, label = what
        ends = ("", "_low", "_high")
        scaled = [
            row | {key + end: row[key + end] / unit.size for end in ends} for row in self.rows
        ]
        color, faded = color_by("series", self.colors), faded_unless_picked("series")
        base = alt.Chart(data_of(scaled)).encode(x=x, color=color, opacity=faded)
        quartiles = {"y": alt.Y(f"{key}_low:Q", title=label), "y2": f"{key}_high:Q"}
        return [
            base.mark_line(strokeWidth=2).encode(y=y),
            base.mark_rule().encode(**quartiles),
            base.mark_point(filled=True, size=70, opacity=1).encode(y=y, tooltip=self._tips()),
        ]

    def _tips(self) -> list[Any]:
        series = tips(series="variant or run") if len(self.colors) > 1 else []
        return series + tips(
            size=self.axis.label,
            latency_text=f"latency of {self.axis.whole}",
            rate_text=f"{self.axis.unit}s/s",
            speedup_text="speed-up",
            memory_text="peak memory",
        )

    def _marks(self, marked: Rows, key: str, unit: Unit) -> list[Any]:
        """A ring around the size to run, and the words for it."""
        if not marked:
            return []
        rows = [{"size": row["size"], key: row[key] / unit.size} for row in marked]
        best = vega().Chart(data_of(rows))
        place = self.sizes.index(int(marked[0]["size"]))
        align = "left" if place == 0 else "right" if place == len(self.sizes) - 1 else "center"
        words = f"run {self.axis.text(self.sizes[place])}"
        return [
            best.mark_point(size=200, color=ACCENT, strokeWidth=2.5, opacity=1),
            best.mark_text(dy=-16, align=align, color=ACCENT, text=words),
        ]


def _fit_layer(fit: Rows, key: str, unit: Unit) -> Any:
    line = data_of([{**row, key: row[key] / unit.size} for row in fit])
    return vega().Chart(line).mark_line(strokeDash=[2, 3], color=GREY)


def _rule_layers(rule: Rule, key: str, unit: Unit, y: Any) -> list[Any]:
    data = data_of([{key: rule.value / unit.size, "words": rule.words}])
    base = vega().Chart(data).encode(y=y)
    line = base.mark_rule(strokeDash=[6, 4], color=ACCENT if rule.words else GREY)
    if not rule.words:
        return [line]
    at_left = {"align": "left", "x": 4, "dy": -7, "color": ACCENT}
    return [line, base.mark_text(**at_left).encode(text="words:N")]
