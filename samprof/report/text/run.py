"""The whole answer of a run as text."""

from samprof.report.summary import Summary
from samprof.report.text.check import check_text
from samprof.report.text.points import points_text, reasons_text
from samprof.report.text.scaling import scaling_text
from samprof.report.text.table import Width, wrapped
from samprof.units import rate_text


def run_text(
    summary: Summary, width: Width, *, depth: int | None = None, root: str | None = None
) -> str:
    """The whole answer of a run: points, scaling table, time accounting, verdict.

    Args:
        summary: of the run.
        width: columns of the terminal; None for GitHub markdown.
        depth: rows of the scaling table down to this one.
        root: rows of this path and inside it; all else is about the whole model.
    """
    largest = max(summary.checks)
    sections = [
        wrapped(summary.title, width),
        points_text(summary.points, width, summary.axis)
        + reasons_text(summary.points, width, summary.axis),
        scaling_text(
            summary.scaling, summary.times, width, depth=depth, root=root, axis=summary.axis
        ),
        _utilisation(summary, width),
        wrapped(
            f"Time accounting at {summary.axis.text(largest)}: {check_text(summary.checks[largest])}",
            width,
        ),
        wrapped(summary.verified, width) if summary.verified else "",
        wrapped(str(summary.verdict), width),
    ]
    return "\n".join(section for section in sections if section)


def _utilisation(summary: Summary, width: Width) -> str:
    """The share of the device's peak that the whole model reaches; empty where it is not known."""
    if summary.roof is None or summary.roofline.empty:
        return ""
    whole = summary.roofline[summary.roofline["path"] == summary.scaling["path"].iloc[0]]
    parts = [
        f"{share:.1%} at {summary.axis.text(int(size))}"
        for size, share in zip(whole["size"], whole["flops_share"], strict=True)
    ]
    peak = rate_text(summary.roof.flops_per_s)
    return wrapped(
        f"Model FLOP utilisation, of a {summary.peak_source} peak of {peak}: {', '.join(parts)}",
        width,
    )
