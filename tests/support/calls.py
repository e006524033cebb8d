"""Hand-made traces of a small net whose calls have known sizes and times."""

from collections.abc import Sequence

from tests.support.tracefile import TraceFile

FIXED, PER_IMAGE, GAP = 1000, 500, 300
"""Nanoseconds: `first` takes FIXED at every size, `second` PER_IMAGE per image; GAP between calls."""
NAMES = {
    "samprof": ("net", "net.first", "net.second"),
    "module": ("Net_0", "First_0", "Second_0"),
    "annotation": ("run", "first", "second"),
    "op": ("", "", ""),
}
PATHS = {
    "samprof": NAMES["samprof"],
    "module": ("Net_0", "Net_0 > First_0", "Net_0 > Second_0"),
    "annotation": ("run", "run > first", "run > second"),
    "op": ("ops", "ops > aten::conv2d", "ops > aten::mm"),
}


def wall_of(size: int) -> int:
    """Nanoseconds of one call."""
    return FIXED + PER_IMAGE * size


def calls(
    kind: str,
    sizes: Sequence[int],
    *,
    shapes: bool = True,
    kept: bool = True,
    steps: bool = False,
    start: int = 10_000,
    thread: int = 1,
    kernels: bool = False,
    pid: int = 100,
) -> TraceFile:
    """One trace with a call per size, one after the other.

    Args:
        kind: the ranges around the ops: samprof, module, annotation; op for none.
        sizes: of the calls.
        shapes: whether the shapes of op inputs are there.
        kept: whether samprof kept the size of the root's input.
        steps: whether each call is a marked step.
        start: of the first call.
        thread: of all calls.
        kernels: whether each call launches a kernel that ends PER_IMAGE after it.
        pid: the process.
    """
    file = TraceFile(pid=pid)
    root, first, second = NAMES[kind]
    for number, size in enumerate(sizes):
        if steps:
            file.step(number, start - 50, wall_of(size) + 100, thread)
        middle, end = start + FIXED, start + wall_of(size)
        for name, begin, until in (
            (root, start, end),
            (first, start, middle),
            (second, middle, end),
        ):
            if kind == "samprof":
                file.range(name, begin, until - begin, thread)
            elif kind != "op":
                getattr(file, kind)(name, begin, until - begin, thread)
        given = {"Input Dims": [[size, 3]], "Input type": ["float"], "Concrete Inputs": [""]}
        args = given if shapes else {}
        file.op("aten::conv2d", start, FIXED, thread)
        file.op("aten::convolution", start, FIXED, thread, **args)
        file.op("aten::mm", middle, end - middle, thread)
        if kernels:
            file.launch(number + 1, middle + 1, 1, thread)
            file.kernel(number + 1, end, PER_IMAGE)
        start = end + GAP
    if kind == "samprof":
        recorded = {"schema": 1, "roots": ["net"], "modules": {"net": ["Net", ""]}}
        if kept:
            recorded["calls"] = {"net": [[thread, size] for size in sizes]}
        file.metadata["samprof"] = recorded
    return file
