"""The kind of an event from its phase, category and name, in the words of every Kineto version."""

from samprof.trace.model.events import DEVICE_KINDS, MODULE_PREFIX, RANGE_PREFIX, Kind

MEMORY = 11
"""The kind of allocator events, which have their own table."""
NO_EVENT = -1
_IGNORED = 0
_KIND_OF_CATEGORY = {
    "cpu_op": Kind.OP,
    "operator": Kind.OP,
    "user_annotation": Kind.ANNOTATION,
    "python_function": Kind.MODULE,
    "kernel": Kind.KERNEL,
    "concurrent_kernel": Kind.KERNEL,
    "mtia_ccp_events": Kind.KERNEL,
    "hpu_op": Kind.KERNEL,
    "gpu_memcpy": Kind.MEMCPY,
    "memcpy": Kind.MEMCPY,
    "gpu_memset": Kind.MEMSET,
    "memset": Kind.MEMSET,
}
_SHADOW = "gpu_user_annotation"
_FLOWS = {"s": Kind.FLOW_FORWARD, "f": Kind.FLOW_BACKWARD}


def kind_of(phase: str, category: str | None, name: str) -> int:
    """The event's `Kind`, or MEMORY; 0 if attribution does not need it, NO_EVENT without a phase.

    Example:
        >>> kind_of("X", "Kernel", "gemm") == Kind.KERNEL, kind_of("M", None, "process_name")
        (True, 0)
    """
    if not phase:
        return NO_EVENT
    lowered = (category or "").lower()
    if phase == "X":
        return _lasting(lowered, name)
    if lowered in ("fwdbwd", "forward_backward"):
        return _FLOWS.get(phase, _IGNORED)
    is_memory = phase == "i" and lowered == "cpu_instant_event" and name == "[memory]"
    return MEMORY if is_memory else _IGNORED


def _lasting(category: str, name: str) -> int:
    if "runtime" in category or "driver" in category:
        return Kind.RUNTIME
    kind = _KIND_OF_CATEGORY.get(category, _IGNORED)
    # Whatever its category, except the copy of an annotation on the device.
    if name.startswith(RANGE_PREFIX) and kind not in DEVICE_KINDS and category != _SHADOW:
        return Kind.RANGE
    if kind == Kind.MODULE and not name.startswith(MODULE_PREFIX):
        return _IGNORED
    return kind
