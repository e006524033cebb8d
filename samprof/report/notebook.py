"""A run as HTML, for notebooks."""

import pandas as pd

from samprof.analysis.scaling.axis import Axis
from samprof.analysis.scaling.part import part_of
from samprof.markup import html_paragraphs
from samprof.report.summary import Summary
from samprof.report.text.points import points_columns
from samprof.report.text.scaling import scaling_columns, scaling_head
from samprof.report.text.table import Cells, table_html
from samprof.trace.model.names import tree_labels

_MOST_ROWS = 60


def points_html(points: pd.DataFrame, axis: Axis) -> str:
    """The points of a run, of which none need have run to its end."""
    return table_html(points_columns(points, axis))


def run_html(summary: Summary) -> str:
    """Verdict, points and scaling table; of a deep model the outermost layers."""
    scaling, times, axis = summary.scaling, summary.times, summary.axis
    depth = max(scaling["depth"], default=0)
    while depth > 0 and len(part_of(scaling, depth)) > _MOST_ROWS:
        depth -= 1
    rows = part_of(scaling, depth)
    hidden = len(scaling) - len(rows)
    layers = Cells("layer", tree_labels(rows["path"], rows["depth"]), justify="left")
    return "\n".join(
        [
            html_paragraphs([summary.title, *summary.verdict.sentences]),
            points_html(summary.points, axis),
            table_html(
                [layers, *scaling_columns(rows, times, axis)], scaling_head(rows, times, axis)
            ),
            html_paragraphs([f"{hidden} rows further inside: scaling()."] if hidden else []),
        ]
    )
