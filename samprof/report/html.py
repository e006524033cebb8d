"""The report of runs: one HTML file that needs nothing else, and can load nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from samprof.errors import MissingPackageError
from samprof.files import kept_folder, written_whole
from samprof.markup import printable
from samprof.report.chart_parts import Drawing, vega
from samprof.report.charts import run_charts
from samprof.report.compare import changes_text
from samprof.report.page_compare import Sides, changes_tree
from samprof.report.page_tables import (
    commands_text,
    component_tables,
    flat,
    grows,
    points_table,
    scaling_tree,
)
from samprof.report.summary import Summary
from samprof.report.text import check_text, scaling_head

if TYPE_CHECKING:
    import jinja2
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Shown:
    """A run on the page.

    Attributes:
        name: what it is called there.
        summary: its tables.
        lanes: what ran when in one forward.
    """

    name: str
    summary: Summary
    lanes: pd.DataFrame | None = None


def run_page(shown: Sequence[Shown], sides: Sides | None = None) -> str:
    """The page.

    Args:
        shown: the runs, at least one.
        sides: what is compared: several runs, or the variants of one.

    Raises:
        MissingPackageError: jinja2, altair or vl-convert-python is not installed.
    """
    scripts = [_vega_bundle(), _template_file("charts.js"), _template_file("table.js")]
    charts: dict[str, Drawing] = {}
    runs = [
        _run(f"run{number}", one, len(shown), charts) for number, one in enumerate(shown, start=1)
    ]
    return (
        _pages()
        .get_template("page.html")
        .render(
            title="; ".join(dict.fromkeys(one.summary.title for one in shown)),
            runs=runs,
            compared=_compared(sides, charts) if sides is not None else None,
            charts=_markup(_inert({key: dict(one.spec) for key, one in charts.items()})),
            scripts=[_markup(script) for script in scripts],
            style=_markup(_template_file("page.css")),
            policy=_policy(scripts),
        )
    )


def _run(name: str, shown: Shown, count: int, charts: dict[str, Drawing]) -> dict[str, Any]:
    """What the template says of a run; its drawings are put into `charts`."""
    summary = shown.summary
    drawings = run_charts(summary, shown.lanes, count)
    distortion = summary.points.loc[summary.points["status"] == "ok", "distortion"]
    return {
        "id": name,
        "name": shown.name,
        "summary": summary,
        "drawings": {
            part: _named(f"{name}-{part}", found, charts) for part, found in drawings.items()
        },
        "scaling": scaling_tree(summary),
        "grows": grows(summary),
        "scaling_head": scaling_head(summary.scaling, summary.axis),
        "components": component_tables(summary),
        "points": points_table(summary),
        "distortion": float(distortion.max()),
        **_books(summary),
        "environment": flat(summary.environment),
        "asked": flat(summary.asked),
        "target": flat(summary.target),
        "commands": commands_text(summary),
    }


def _books(summary: Summary) -> dict[str, Any]:
    """The check of each batch size with its notes; notes that all of them have stand apart."""
    checks = sorted(summary.checks.items())
    notes = {size: list(check.get("notes", [])) for size, check in checks}
    shared = [
        n for n in next(iter(notes.values()), []) if all(n in each for each in notes.values())
    ]
    return {
        "checks": {
            summary.axis.text(size): [
                check_text(check),
                *(note for note in notes[size] if note not in shared),
            ]
            for size, check in checks
        },
        "remarks": shared,
    }


def _compared(sides: Sides, charts: dict[str, Drawing]) -> dict[str, Any]:
    """What the template says of a comparison; its drawings are put into `charts`."""
    pairs = [
        {
            "names": pair.names,
            "notes": pair.notes,
            "tree": changes_tree(pair.table, pair.names, sides.axis),
            "words": changes_text(pair.table, pair.names, sides.axis),
        }
        if pair.table is not None and sides.axis is not None
        else {"names": pair.names, "notes": pair.notes, "tree": None, "words": ""}
        for pair in sides.pairs
    ]
    return {
        "overview": sides.overview(),
        "drawings": _named("compared", sides.charts(), charts),
        "pairs": pairs,
    }


def _named(
    prefix: str, drawings: Sequence[Drawing], charts: dict[str, Drawing]
) -> list[tuple[str, Drawing]]:
    found = {f"{prefix}-{place}": one for place, one in enumerate(drawings, start=1)}
    charts |= found
    return list(found.items())


@cache
def _vega_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, of the version that the charts are written in.

    Making it takes seconds: it is kept for the next page.

    Raises:
        MissingPackageError: altair or vl-convert-python is not installed.
    """
    version = ".".join(str(vega().SCHEMA_VERSION).removeprefix("v").split(".")[:2])
    try:
        convert = import_module("vl_convert")
    except ImportError:
        raise MissingPackageError("report", "vl-convert-python", "report") from None
    name = f"vega-{version}-of-{convert.__version__}.js"
    with suppress(OSError, RuntimeError, UnicodeDecodeError):  # not there, or no home
        return (kept_folder() / name).read_text(encoding="utf-8")
    bundle: str = convert.javascript_bundle(vl_version=version)
    with suppress(OSError, RuntimeError):
        kept_folder().mkdir(parents=True, exist_ok=True)
        with written_whole(kept_folder() / name) as file:
            file.write(bundle.encode())
    return bundle


def _pages() -> jinja2.Environment:
    try:
        import jinja2
    except ImportError:
        raise MissingPackageError("report", "jinja2", "report") from None
    return jinja2.Environment(
        loader=jinja2.PackageLoader("samprof.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown_text,
    )


def _shown_text(value: Any) -> Any:
    """Names are data: of what would hide or turn text around, the code is shown."""
    return printable(value) if type(value) is str else value


def _template_file(name: str) -> str:
    return (files("samprof.report") / "templates" / name).read_text("utf-8").replace("\r\n", "\n")


def _inert(value: object) -> str:
    """JSON that can stand in a script element whatever names are in it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))  # all of it ASCII
    for special in "<>&":
        text = text.replace(special, f"\\u{ord(special):04x}")
    return text


def _markup(text: str) -> Any:
    from markupsafe import Markup

    return Markup(text)


def _policy(scripts: Sequence[str]) -> Any:
    """What the page may do: run these scripts and no others, and load nothing from anywhere."""
    digests = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return _markup(
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
