"""The report of a run: one HTML file that needs nothing else."""

from base64 import b64encode
from typing import Any

import numpy as np
import pandas as pd

from samprof.analysis.scaling import batch_sizes_of
from samprof.errors import MissingPackageError
from samprof.report.figures import run_figures
from samprof.report.summary import Summary
from samprof.report.text import check_text
from samprof.units import common_unit, digits, fixed_digits, memory_text

_CAPTIONS = {
    "components": "Time by component",
    "batching": "Time, speed-up and memory against the size",
    "layers": "Time by layer and size",
    "gains": "What each layer class gains from the largest size",
    "roofline": "Roofline: FLOP/s against FLOPs a byte",
    "modules": "Where in the module tree the time goes",
    "lanes": "Host and device, one forward",
}


def run_page(summary: Summary, lanes: pd.DataFrame | None = None) -> str:
    """The page.

    Args:
        summary: the tables of the run.
        lanes: what ran when in one forward.

    Raises:
        MissingPackageError: jinja2 or matplotlib is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingPackageError("report", "jinja2", "report") from None
    pages = jinja2.Environment(
        loader=jinja2.PackageLoader("samprof.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    figures = [
        (_CAPTIONS[name], b64encode(data).decode())
        for name, data in run_figures(summary, lanes).items()
    ]
    return pages.get_template("run.html").render(
        title=summary.title,
        verdict=summary.verdict,
        figures=figures,
        points=_points(summary),
        components=_components(summary),
        scaling=_scaling(summary),
        checks={size: check_text(check) for size, check in sorted(summary.checks.items())},
        environment=_flat(summary.environment),
        asked=_flat(summary.asked),
        axis=summary.axis,
        clock="device" if summary.clock == "device" else "CPU",
    )


def _points(summary: Summary) -> list[dict[str, str]]:
    unit = common_unit(summary.points["wall_ns"].dropna())
    return [
        {
            summary.axis.label: str(row["batch_size"]),
            "variant": str(row["variant"]),
            "status": str(row["status"]),
            f"wall, {unit.name}": digits(row["wall_ns"] / unit.size),
            f"quartile range, {unit.name}": digits(row["wall_iqr_ns"] / unit.size, 2),
            f"{summary.axis.unit}s/s": digits(row["images_per_s"]),
            "peak memory": memory_text(row["peak_memory_bytes"]),
            "distortion": digits(row["distortion"]),
            "message": str(row["message"]),
        }
        for row in summary.points.to_dict("records")
    ]


def _components(summary: Summary) -> list[dict[str, Any]]:
    tables = []
    for variant, table in summary.components.items():
        unit = common_unit([table["host_ns"].max(), table["device_ns"].max()])
        numbers = [
            fixed_digits(table[name].tolist(), unit) for name in ("host_ns", "wait_ns", "device_ns")
        ]
        shares = [f"{value:.1%}" for value in table["share"]]
        rows = zip(table["component"], table["calls"], *numbers, shares, strict=True)
        tables.append({"variant": variant, "unit": unit.name, "rows": [list(row) for row in rows]})
    return tables


def _scaling(summary: Summary) -> dict[str, Any]:
    table = summary.scaling
    sizes = batch_sizes_of(table)
    unit = common_unit(v for size in sizes for v in table[f"image_ns_{size}"])
    texts = iter(
        fixed_digits([value for size in sizes for value in table[f"image_ns_{size}"]], unit)
    )
    times = np.array([[next(texts) for _ in range(len(table))] for _ in sizes]).T.tolist()
    rows = [
        {
            "path": row["path"],
            "depth": int(row["depth"]),
            "role": row["role"],
            "times": row_times,
            "gain": _two_decimals(row["gain"]),
            "exponent": _two_decimals(row["exponent"]),
            "interval": " to ".join(
                _two_decimals(row[name]) for name in ("exponent_low", "exponent_high")
            ),
            "class": row["class"],
            "note": row["note"],
        }
        for row, row_times in zip(table.to_dict("records"), times, strict=True)
    ]
    return {"unit": unit.name, "sizes": sizes, "rows": rows}


def _two_decimals(value: float) -> str:
    return f"{value:.2f}" if value == value else "-"


def _flat(values: Any, prefix: str = "") -> dict[str, str]:
    flat: dict[str, str] = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat |= _flat(value, f"{name} ")
        elif value not in ("", None):
            flat[name] = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return flat
