"""A run as HTML, for notebooks."""

from samprof.markup import html_paragraphs
from samprof.report.summary import Summary
from samprof.report.table import Cells, shown_rows, table_html
from samprof.report.text import points_columns, scaling_columns, scaling_head
from samprof.trace.names import tree_labels

_MOST_ROWS = 60


def run_html(summary: Summary) -> str:
    """Verdict, points and scaling table; of a deep model the outermost layers."""
    scaling, axis = summary.scaling, summary.axis
    depth = max(scaling["depth"])
    while depth > 0 and len(shown_rows(scaling, depth)) > _MOST_ROWS:
        depth -= 1
    rows = shown_rows(scaling, depth)
    hidden = len(scaling) - len(rows)
    layers = Cells("layer", tree_labels(rows["path"], rows["depth"]), justify="left")
    return "\n".join(
        [
            html_paragraphs([summary.title, *summary.verdict.sentences]),
            table_html(points_columns(summary.points, axis)),
            table_html([layers, *scaling_columns(rows, axis)], scaling_head(rows, axis)),
            html_paragraphs([f"{hidden} rows further inside: scaling()."] if hidden else []),
        ]
    )
