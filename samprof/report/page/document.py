"""A template filled in: one HTML file that can load nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from samprof.report.page.template import inert, markup, page_templates, policy, template_file
from samprof.report.page.vega_script import vega_bundle

if TYPE_CHECKING:
    from samprof.report.page.chart_parts import Drawing


def document(template: str, charts: Mapping[str, Drawing], **values: Any) -> str:
    """The page that a template makes, with its style, its scripts, and the policy that allows them.

    Args:
        template: the name of its file.
        charts: id of a place on the page -> what is drawn there.
        values: of the template.

    Raises:
        MissingPackageError: jinja2, altair or vl-convert-python is not installed.
    """
    templates = page_templates()
    scripts = [template_file("table.js")]
    if charts:
        scripts = [vega_bundle(), template_file("charts.js"), *scripts]
    return templates.get_template(template).render(
        charts=markup(inert({key: dict(one.spec) for key, one in charts.items()})),
        drawn=bool(charts),
        scripts=[markup(script) for script in scripts],
        style=markup(template_file("page.css")),
        policy=policy(scripts),
        **values,
    )
