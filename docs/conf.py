"""The documentation as a site: `make docs`. Builds offline, and a warning is an error."""

from sphinx.application import Sphinx

from samprof import __version__

project = "samprof"
version = release = __version__
author = "the samprof authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3
nitpicky = True  # every other reference must be found
nitpick_ignore_regex = [("py:class", ".*")]  # types of others: offline there is nothing to link to
default_role = "code"  # docstrings are written for readers of code: one backtick
html_theme = "furo"
html_title = "samprof"
html_show_sphinx = False
html_show_copyright = False
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True


def setup(app: Sphinx) -> None:
    """Sphinx's own hook."""
    app.connect("autodoc-process-signature", without_constructor)


def without_constructor(_app: Sphinx, what: str, *_: object) -> tuple[str, str] | None:
    """No signature for classes: users get recordings, traces and runs, and do not make them."""
    return ("", "") if what == "class" else None
