"""Names as they are written into trace files, and as they are shown.

Kineto turns backslashes into slashes and quotes into apostrophes: both are percent-encoded on the way
in, and decoded on the way out.
"""

from collections.abc import Iterable
from urllib.parse import quote, unquote

_PLAIN = " !#$&'()*+,-./:;<=>?@[]^_`{|}~"


def encoded(name: str) -> str:
    """The name without quotes, backslashes, control characters and what is not ASCII.

    Example:
        >>> encoded('net.say "hi"')
        'net.say %22hi%22'
    """
    return quote(name, safe=_PLAIN, errors="surrogatepass")


def decoded(name: str) -> str:
    """The name that was encoded; names without encoded characters stay as they are.

    Example:
        >>> decoded(encoded('100% "é"'))
        '100% "é"'
    """
    return unquote(name)


def tree_labels(paths: Iterable[str], depths: Iterable[int]) -> list[str]:
    """Paths as an indented tree: each without the part that the row above it in the tree has.

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
