"""The report of `samprof doctor` as text."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from samprof.printable import printable
from samprof.units import memory_text, rate_text

_STATE = {
    "clocks.sm": "SM clock",
    "clocks.mem": "memory clock",
    "temperature.gpu": "temperature, °C",
    "power.draw": "power",
    "throttled": "throttled",
}

Rows = Iterable[tuple[str, str]]


def doctor_text(found: Mapping[str, Any], width: int) -> str:
    """The report in sections of two columns."""
    device, peaks = found["device"], found["peaks"]
    memory = device["memory_bytes"]
    shown = {"name": device["name"], "memory": memory_text(memory) if memory else None}
    shown |= {"threads": device.get("threads")}
    shown |= {label: device.get(key) for key, label in _STATE.items() if key in device}
    if verified := found.get("verified"):
        shown["verified"] = f"{verified['date']}: {verified['text']}"
    when = "measured now" if peaks else "none"
    if peaks and peaks["cached"]:
        when = f"measured on {peaks['date']}"
    sections: dict[str, Rows] = {
        "Versions": [(name, version or "none") for name, version in found["versions"].items()],
        f"Device {device['device']}": [(name, str(text)) for name, text in shown.items() if text],
        f"Peaks, {when}": _peak_rows(peaks) if peaks else [("note", "they could not be measured")],
        "Installed": [
            (f"{package} ({extra})", version or f"missing: pip install 'samprof[{extra}]'")
            for extra, packages in found["installed"].items()
            for package, version in packages.items()
        ],
        "What works": [
            (name, "yes" if works["ok"] else f"no: {works['why']}")
            for name, works in found["works"].items()
        ],
    }
    return "\n".join(_section(title, list(rows), width) for title, rows in sections.items())


def _peak_rows(peaks: Mapping[str, Any]) -> Rows:
    for name, rate in peaks["flops_per_s"].items():
        yield name, rate_text(rate)
    yield "copy", rate_text(peaks["bytes_per_s"], "B/s")
    yield "method", peaks["method"]
    changes = [
        f"{name} {then or 'none'}, now {now or 'none'}"
        for name, (then, now) in peaks["changed"].items()
    ]
    if changes:
        yield "note", f"measured with {'; '.join(changes)}: --again measures them again"


def _section(title: str, rows: Sequence[tuple[str, str]], width: int) -> str:
    """A title and its rows; long text continues in its own column."""
    names = max(len(name) for name, _ in rows)
    lines = [printable(title)]
    for name, text in rows:
        head, rest = printable(f"  {name:{names}}  "), printable(" ".join(text.split()))
        indent = " " * len(head)
        lines += textwrap.wrap(
            rest, width, initial_indent=head, subsequent_indent=indent, break_on_hyphens=False
        )
    return "\n".join(lines) + "\n"
