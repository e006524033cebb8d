"""A hand-made trace of ops with shapes, and the cost of each."""

from tests.support.tracefile import TraceFile

MM = {"Input Dims": [[2, 3], [3, 4]], "Input type": ["float"] * 2, "Concrete Inputs": ["", ""]}
"""2 x 3 x 4 multiply-adds: 48 FLOPs; 6 + 12 numbers read, 8 written: 104 bytes."""
ADD = {"Input Dims": [[8], [8], []], "Input type": ["float", "float", "Scalar"]} | {
    "Concrete Inputs": ["", "", "1"]
}
"""8 FLOPs, 96 bytes."""


def layer() -> TraceFile:
    """net holds linear (which calls mm) and an op without a formula; add is outside it."""
    file = TraceFile()
    file.range("net", 0, 100)
    file.op("aten::linear", 10, 50)
    file.op("aten::mm", 20, 30, **MM)
    file.op("aten::add", 25, 5, **ADD)  # inside mm: how mm computes
    file.op("mylib::special", 70, 10)
    file.op("aten::view", 85, 5)
    file.op("aten::add", 200, 10, **ADD)
    return file
