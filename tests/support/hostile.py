"""Names that a terminal, a page or a spreadsheet would obey."""

UNSEEN = "".join(
    (
        "\x1b[31m\x1b]0;title\x07",  # terminal sequences: a colour, the window's title
        "\x9b2J\x85\x7f",  # the same as one C1 character; next line; delete
        "\r\b\t\v\0",  # overwrites what stands before it
        "\u202e\u2066\u200f",  # direction: override, isolate, mark
        "\u200b\u200d\ufeff\u00ad\u3164\ufe0f",  # without a width
        "\n\u2028",  # lines of their own
    )
)
"""All that is not seen."""
EVIL = f"evil{UNSEEN}end"
"""A name with all of it."""
EVIL_FILE = EVIL.replace("\0", "") + "\udcff"
"""The same as a file can be called: the last one is a byte that is no text."""
FORMULA = '=HYPERLINK("http://example.invalid")'
