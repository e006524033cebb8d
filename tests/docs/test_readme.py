"""What README.md shows is what samprof gives."""

import samprof
from tests.docs.blocks import BLOCKS
from tests.support.paths import ROOT

LEFT_OUT = "[...]"


def test_the_first_table_is_that_of_a_trace_in_the_repository() -> None:
    shown = next(
        block for block in BLOCKS if block.page.name == "README.md" and block.language == "text"
    )
    trace = samprof.load(ROOT / "traces" / "vit_b-cpu-encode-b0001.json.gz")
    real = samprof.text(trace, depth=1, width=92).splitlines()
    lines = shown.text.rstrip("\n").splitlines()
    place = next(number for number, line in enumerate(lines) if line.strip() == LEFT_OUT)
    after = len(lines) - place - 1
    assert lines[:place] == real[:place]
    assert lines[place + 1 :] == real[-after:]
