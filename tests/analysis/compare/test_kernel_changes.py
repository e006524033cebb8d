"""Which kernels a layer runs on one side only, or another number of times."""

import pandas as pd

from samprof.analysis.compare.kernel_changes import KernelChange, kernel_changes, kernels_text

NAMES = ["path", "kernel", "count", "time_ns"]


def kernels(*rows: tuple[str, str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=NAMES)


def test_only_what_differs_is_a_change_the_costliest_first() -> None:
    a = kernels(("net", "same", 2, 900), ("net", "gone", 1, 20), ("net", "more", 2, 30))
    b = kernels(("net", "same", 2, 100), ("net", "more", 3, 45), ("net", "new", 4, 60))
    assert kernel_changes(a, b) == {
        "net": [
            {"kernel": "new", "a": 0, "b": 4},
            {"kernel": "more", "a": 2, "b": 3},
            {"kernel": "gone", "a": 1, "b": 0},
        ]
    }
    assert kernel_changes(a, a) == {}


def test_numbers_are_compared_per_step() -> None:
    a, b = kernels(("net", "gemm", 6, 1)), kernels(("net", "gemm", 10, 1))
    assert kernel_changes(a, b, 3, 5) == {}
    found = kernel_changes(a, b, 3, 4)["net"]
    assert found == [{"kernel": "gemm", "a": 6, "b": 10}]
    assert kernels_text(found, 3, 4) == "2->2.5 gemm"


def test_a_side_without_kernels() -> None:
    assert kernel_changes(kernels(), kernels(("net", "gemm", 1, 1))) == {
        "net": [{"kernel": "gemm", "a": 0, "b": 1}]
    }
    assert kernel_changes(kernels(), kernels()) == {}


def change(kernel: str, a: int, b: int) -> KernelChange:
    return KernelChange(kernel=kernel, a=a, b=b)


def test_the_text_names_the_costliest() -> None:
    found = [change(name, 1, 0) for name in ("one", "two", "three", "four", "five")]
    assert kernels_text(found) == "-1 one, -1 two, -1 three, 2 more"
    assert kernels_text([]) == ""


def test_kernels_that_differ_in_their_dtype_only_are_told_apart() -> None:
    found = [change("void norm<float>(int)", 2, 0), change("void norm<c10::Half>(int)", 0, 2)]
    assert kernels_text(found) == "-2 norm<float>, +2 norm<Half>"
