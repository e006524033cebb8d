"""The script that draws the charts, made once per machine."""

from contextlib import suppress
from functools import cache
from importlib import import_module

from samprof.errors import MissingPackageError
from samprof.files import cache_directory, written_whole
from samprof.report.page.chart_parts import vega


@cache
def vega_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, of the version that the charts are written in.

    Making it takes seconds, so it is cached for the next page.

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
        return (cache_directory() / name).read_text(encoding="utf-8")
    bundle: str = convert.javascript_bundle(vl_version=version)
    with suppress(OSError, RuntimeError):
        cache_directory().mkdir(parents=True, exist_ok=True)
        with written_whole(cache_directory() / name) as file:
            file.write(bundle.encode())
    return bundle
