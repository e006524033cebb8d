"""What the two sides of a comparison are called."""

from rich.cells import cell_len

from samprof.analysis.compare.changes import ALL_SIZES, ONLY_IN_A, ONLY_IN_B
from samprof.analysis.compare.runs import REGION_IN_A, REGION_IN_B
from samprof.analysis.scaling.axis import Axis

Names = tuple[str, str]
LETTERS: Names = ("A", "B")
_LONGEST_HEADER = 12


def named(names: Names) -> dict[str, str]:
    """What is said of one side, with its name."""
    return {
        ONLY_IN_A: f"only in {names[0]}",
        ONLY_IN_B: f"only in {names[1]}",
        REGION_IN_A: REGION_IN_A.replace(" a:", f" {names[0]}:"),
        REGION_IN_B: REGION_IN_B.replace(" b:", f" {names[1]}:"),
    }


def size_text(size: int | str, axis: Axis) -> str:
    """One size in words, or all of them."""
    return "all sizes" if size == ALL_SIZES else axis.text(int(size))


def headers_of(names: Names) -> Names:
    """The names if they are short enough to stand above a column, else letters."""
    short = all(cell_len(name) <= _LONGEST_HEADER for name in names)
    return names if short and names[0] != names[1] else LETTERS
