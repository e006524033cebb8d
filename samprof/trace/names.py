"""Names as they are written into trace files.

Kineto turns backslashes into slashes and quotes into apostrophes: both are percent-encoded on the way
in, and decoded on the way out.
"""

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
