"""Which kernels a layer runs on one side only, or another number of times."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

import pandas as pd

from samprof.analysis.compare.kernel_names import kernel_name_with_dtypes, short_kernel_name

_MOST_NAMED = 3


class KernelChange(TypedDict):
    """A kernel whose number differs: its whole name, and how often it ran in the files of a and b."""

    kernel: str
    a: int
    b: int


def kernel_changes(
    a: pd.DataFrame, b: pd.DataFrame, times_a: float = 1.0, times_b: float = 1.0
) -> dict[str, list[KernelChange]]:
    """Path -> the kernels whose number differs, the costliest first.

    Args:
        a: columns path, kernel, count, time_ns, each kernel once per path.
        b: the same of the other side.
        times_a: how many steps the counts of a are of; numbers are compared per step.
        times_b: the same of b.

    Example:
        >>> names = ["path", "kernel", "count", "time_ns"]
        >>> a = pd.DataFrame([("net", "gemm", 2, 90), ("net", "add", 1, 9)], columns=names)
        >>> b = pd.DataFrame([("net", "fused", 1, 50), ("net", "add", 1, 9)], columns=names)
        >>> [(one["kernel"], one["a"], one["b"]) for one in kernel_changes(a, b)["net"]]
        [('gemm', 2, 0), ('fused', 0, 1)]
    """
    both = a.merge(b, on=["path", "kernel"], how="outer", suffixes=("_a", "_b")).fillna(0)
    both = both[both["count_a"] * times_b != both["count_b"] * times_a]
    heavier = both[["time_ns_a", "time_ns_b"]].max(axis=1)
    order = both.assign(heavier=heavier).sort_values(
        ["heavier", "kernel"], ascending=[False, True], kind="stable"
    )
    found: dict[str, list[KernelChange]] = {}
    for path, kernel, count_a, count_b in zip(
        order["path"], order["kernel"], order["count_a"], order["count_b"], strict=True
    ):
        change = KernelChange(kernel=kernel, a=int(count_a), b=int(count_b))
        found.setdefault(path, []).append(change)
    return found


def kernels_text(
    changes: Sequence[KernelChange], times_a: float = 1.0, times_b: float = 1.0
) -> str:
    """The costliest changes in a few words, with numbers per step.

    `-2 x` ran in a only, `+2 x` in b only, `2->3 x` in both.

    Example:
        >>> gone, new = KernelChange(kernel="gemm", a=2, b=0), KernelChange(kernel="fused", a=0, b=1)
        >>> kernels_text([gone, new, KernelChange(kernel="add", a=2, b=3)])
        '-2 gemm, +1 fused, 2->3 add'
    """
    shown = changes[:_MOST_NAMED]
    names = _names([one["kernel"] for one in changes])
    parts = [
        f"{_number(one['a'] / times_a, one['b'] / times_b)} {names[one['kernel']]}" for one in shown
    ]
    rest = len(changes) - len(shown)
    return ", ".join([*parts, f"{rest} more"] if rest else parts)


def _number(a: float, b: float) -> str:
    if not b:
        return f"-{_count(a)}"
    return f"{_count(a)}->{_count(b)}" if a else f"+{_count(b)}"


def _count(number: float) -> str:
    return f"{number:.0f}" if number == round(number) else f"{number:.3g}"


def _names(kernels: Sequence[str]) -> Mapping[str, str]:
    """A short name for each kernel; with its dtypes where others have the same."""
    short = {kernel: short_kernel_name(kernel) for kernel in kernels}
    often = Counter(short.values())
    return dict(_told_apart(short, often))


def _told_apart(short: Mapping[str, str], often: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    for kernel, name in short.items():
        yield kernel, name if often[name] == 1 else kernel_name_with_dtypes(kernel)
