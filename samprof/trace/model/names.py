"""Names as written in trace files, and as shown.

Kineto turns backslashes into slashes and quotes into apostrophes, so both are percent-encoded for the
file and decoded when read.
"""

from collections.abc import Iterable
from urllib.parse import quote, unquote

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
