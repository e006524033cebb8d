"""Time accounting in a line."""

from collections.abc import Mapping
from typing import Any

from samprof.report.words import TIME_NAMES
from samprof.units import time_text


def check_text(check: Mapping[str, Any]) -> str:
    """One line of time accounting: attributed to rows, outside of them, without a launch, total."""
    parts = [
        f"attributed {time_text(check['attributed_ns'])}",
        f"outside {time_text(check['outside_ns'])}",
        f"no launch {time_text(check['no_launch_ns'])}",
        f"total {time_text(check['total_ns'])}",
    ]
    found = check["attributed_ns"] + check["outside_ns"] + check["no_launch_ns"]
    exact = "exact" if found == check["total_ns"] else f"DIFFERS BY {found - check['total_ns']} ns"
    time_source = TIME_NAMES[check["time_source"]]
    line = f"{time_source}: {' + '.join(parts[:3])} = {parts[3]} ({exact})"
    lost = check["lost_records"]
    return line + (f"; {lost} launches lost their kernel" if lost else "") + "\n"
