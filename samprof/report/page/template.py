"""The page's templates, and what makes names in it harmless."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from samprof.errors import MissingPackageError
from samprof.printable import printable

if TYPE_CHECKING:
    import jinja2


def page_templates() -> jinja2.Environment:
    """The templates, in which every text is escaped.

    Raises:
        MissingPackageError: jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise MissingPackageError("report", "jinja2", "report") from None
    return jinja2.Environment(
        loader=jinja2.PackageLoader("samprof.report.page"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown_text,
    )


def _shown_text(value: Any) -> Any:
    """Names are data: characters that would hide or reverse text are shown as their codes."""
    return printable(value) if type(value) is str else value


def template_file(name: str) -> str:
    """The text of a file beside the templates."""
    return (
        (files("samprof.report.page") / "templates" / name).read_text("utf-8").replace("\r\n", "\n")
    )


def inert(value: object) -> str:
    """JSON that can stand in a script element whatever names are in it."""
    text = json.dumps(value, allow_nan=False, separators=(",", ":"))  # all of it ASCII
    for special in "<>&":
        text = text.replace(special, f"\\u{ord(special):04x}")
    return text


def markup(text: str) -> Any:
    """The text as markup, which the templates leave as it is."""
    from markupsafe import Markup

    return Markup(text)


def policy(scripts: Sequence[str]) -> Any:
    """What the page may do: run these scripts and no others, and load nothing from anywhere."""
    digests = (b64encode(sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return markup(
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
