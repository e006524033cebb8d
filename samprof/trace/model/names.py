"""Names as written in trace files, and as shown.

Kineto turns backslashes into slashes and quotes into apostrophes, so both are percent-encoded for the
file and decoded when read.
"""

import re
from collections.abc import Collection, Iterable
from urllib.parse import quote, unquote

from samprof.trace.model.events import STEP_PREFIX

OUTSIDE_NAME = "(outside)"
NO_LAUNCH_NAME = "(no launch)"
OWNERLESS_NAMES = (OUTSIDE_NAME, NO_LAUNCH_NAME)
"""Rows of samprof's own, for what no range owns."""
_STEP = re.compile(rf"{STEP_PREFIX}(0|[1-9][0-9]{{0,17}})")  # more digits do not fit into 64 bits
_PLAIN = " !#$&'()*+,-./:;<=>?@[]^_`{|}~"


def encoded(name: str) -> str:
    """The name with quotes, backslashes, control and non-ASCII characters percent-encoded.

    Example:
        >>> encoded('net.say "hi"')
        'net.say %22hi%22'
    """
    return quote(name, safe=_PLAIN, errors="surrogatepass")


def decoded(name: str) -> str:
    """The name before encoding; a name without encoded characters stays the same.

    Example:
        >>> decoded(encoded('100% "é"'))
        '100% "é"'
    """
    return unquote(name)


def told_apart(name: str, rows: Collection[str] = OWNERLESS_NAMES) -> str:
    """The name of a range; in quotes where a row of samprof's own bears that name.

    Example:
        >>> told_apart("(outside)"), told_apart("net")
        ('"(outside)"', 'net')
    """
    return f'"{name}"' if name in rows else name


def step_number(name: str) -> int | None:
    """The number of a profiler step, as torch writes it; None for any other annotation.

    Example:
        >>> step_number("ProfilerStep#7"), step_number("ProfilerStep#007")
        (7, None)
    """
    found = _STEP.fullmatch(name)
    return int(found[1]) if found else None


def tree_labels(paths: Iterable[str], depths: Iterable[int]) -> list[str]:
    """Paths as an indented tree: each without the part that its parent row shows.

    Example:
        >>> tree_labels(["net", "net.first"], [0, 1])
        ['net', '  first']
    """
    labels: list[str] = []
    above: list[str] = []
    for path, depth in zip(paths, depths, strict=True):
        del above[int(depth) :]
        shown = str(path)
        for outer in reversed(above):
            found = next((s for s in (".", " > ") if shown.startswith(outer + s)), None)
            if found is not None:
                shown = shown[len(outer) + len(found) :]
                break
        labels.append("  " * len(above) + shown)
        above.append(str(path))
    return labels
