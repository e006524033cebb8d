"""The size of each call: what the user says, what the trace tells, what the file is called."""

from __future__ import annotations

from samprof.errors import UsageError
from samprof.sweeps.gather.call_sizes import GIVEN, NAME, Sizes, claimed, in_name
from samprof.sweeps.gather.calls import Calls
from samprof.sweeps.gather.sources import Source


def sizes_of(source: Source, calls: Calls) -> Sizes:
    """The size of each call and what tells it.

    Raises:
        UsageError: nothing tells it, or two that tell it disagree.
    """
    told = [(call.size, call.told_by) for call in calls.calls]
    given = _given(source, len(told))
    if given:
        _agree(source, calls, given)
        return given
    name = claimed(source.path)
    if name:
        _agree(source, calls, [(name, NAME)] * len(told))
    if all(size for size, _ in told):
        return told
    name = name or in_name(source.path)
    if not name:
        cause = "the size of its calls cannot be told: no input shapes were recorded"
        raise UsageError("scaling", source.name, cause, "give the sizes, or record shapes")
    return [(name, NAME)] * len(told)


def _given(source: Source, calls: int) -> Sizes:
    if len(source.sizes) == 1:
        return [(source.sizes[0], GIVEN)] * calls
    if source.sizes and len(source.sizes) != calls:
        cause = f"{len(source.sizes)} sizes for {calls} calls"
        raise UsageError("scaling", source.name, cause, "give one size per call, or one per trace")
    return [(size, GIVEN) for size in source.sizes]


def _agree(source: Source, calls: Calls, said: Sizes) -> None:
    """Refuses what is said where the root's calls tell another size; ops alone have no root."""
    for (size, by), call in zip(said, calls.calls, strict=True):
        if calls.root and call.size and size != call.size:
            cause = f"two sizes for one call: {size} by {by}, {call.size} by {call.told_by}"
            remedy = "leave out the one that is wrong, or rename the file"
            raise UsageError("scaling", source.name, cause, remedy)
