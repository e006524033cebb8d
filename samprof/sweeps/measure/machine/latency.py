"""Cross-core latency: how long one CPU waits for memory that another one has just written.

A virtual machine's CPUs may be moved by its host, from neighbouring cores to cores that share no cache,
without a sign in any counter. The times of a model on several threads follow.

The probe writes a chain of indices on one CPU, moves to another, and follows the chain there: each
step needs the cache line that the step before named, and finds it in the other CPU's cache. It is one
thread that moves, so nothing spins and no second process must run at the same time, and other load
can only lengthen a pass, never shorten it: the shortest of some dozen passes is the answer. On two
virtual CPUs of an AMD EPYC, with other processes on both, it read 28 to 53 ns while a ping-pong in C
took 30 to 56, and 121 to 146 while that took 176 to 226; none of 279 readings was on the wrong side. A
ping-pong of two Python processes takes 105 to 214 and 256 to 506, and needs both CPUs at once.
"""

import os
import random
import time
from array import array
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

BUDGET_S = 0.02
"""How long a reading takes."""

_LINES = 256
_APART = 32  # words of 8 bytes: two lines of 128 bytes, so that no neighbour is fetched along
_STEPS_AT_ONCE = 8
_MOST_CPUS = 4
_LEAST_PASSES = 8  # with fewer, beside heavy load, "near" was read as 60 to 150 ns
_LONGEST = 3


def cross_core_latency_ns(cpus: Sequence[int], budget_s: float = BUDGET_S) -> float | None:
    """The time of one dependent read of memory that another CPU has just written, in nanoseconds.

    The interpreter's own time per step is in it (up to 30 ns, mostly hidden behind the wait), so it
    tells states of one machine apart; it is not the hardware's figure.

    Args:
        cpus: between which; of more than four, four that lie evenly apart, in a ring. The calling
            thread moves among them, and back to where it was allowed before.
        budget_s: how long to read; up to three times as long where other load delays the moves.

    Returns:
        The mean over the pairs of CPUs of each pair's shortest pass; None for one CPU, where threads
        cannot be bound to CPUs, and where other load leaves time for a few passes only.
    """
    ring = _spread(sorted(set(cpus)))
    if len(ring) < 2 or not hasattr(os, "sched_setaffinity"):
        return None
    allowed = os.sched_getaffinity(0)
    try:
        passes = _passes(ring, budget_s)
    except OSError:
        return None
    finally:
        os.sched_setaffinity(0, allowed)
    if any(len(times) < _LEAST_PASSES for times in passes):
        return None
    return sum(min(times) for times in passes) / len(passes) / _LINES


def _passes(ring: Sequence[int], budget_s: float) -> list[list[int]]:
    """For each CPU of the ring, the times of passes over a chain written on the one before it."""
    links = _chain()
    shared, own = memoryview(array("q", links)), memoryview(array("q", links))
    passes: list[list[int]] = [[] for _ in ring]
    start = time.perf_counter()
    os.sched_setaffinity(0, {ring[-1]})
    shared[:] = links
    while True:
        for cpu, times in zip(ring, passes, strict=True):
            os.sched_setaffinity(0, {cpu})
            _follow(own)  # brings the interpreter itself here
            times.append(_follow(shared))
            shared[:] = links
        elapsed = time.perf_counter() - start
        enough = len(passes[0]) >= _LEAST_PASSES
        if elapsed >= (budget_s if enough else _LONGEST * budget_s):
            return passes


def _follow(chain: memoryview) -> int:
    """The time of one pass along the chain, in nanoseconds."""
    at = 0
    start = time.perf_counter_ns()
    for _ in range(_LINES // _STEPS_AT_ONCE):
        at = chain[chain[chain[chain[chain[chain[chain[chain[at]]]]]]]]
    return time.perf_counter_ns() - start


@cache
def _chain() -> memoryview:
    """Indices that lead through all lines once, in an order that no prefetcher knows, and back."""
    order = list(range(1, _LINES))
    random.Random(1).shuffle(order)
    words = array("q", bytes(8 * _LINES * _APART))
    for line, following in pairwise([0, *order, 0]):
        words[line * _APART] = following * _APART
    return memoryview(words)


def _spread(cpus: Sequence[int]) -> list[int]:
    """At most four of the CPUs, evenly apart.

    Example:
        >>> _spread([0, 1]), _spread(range(16))
        ([0, 1], [0, 4, 8, 12])
    """
    number = min(len(cpus), _MOST_CPUS)
    return [cpus[index * len(cpus) // number] for index in range(number)]
