"""`samprof doctor`: what is installed, what works here, and the device's measured peaks."""

from __future__ import annotations

import argparse
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from samprof.cli.installed import installed_extras, versions
from samprof.cli.model_options import add_device_argument
from samprof.cli.output import print_notes, width, write_err, write_out
from samprof.errors import RunError

if TYPE_CHECKING:
    import torch

    from samprof.record.device.peaks_cache import Peaks


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_device_argument(parser)
    parser.add_argument(
        "--again", action="store_true", help="measure the peaks again, even if they are cached"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(options: argparse.Namespace) -> int:
    """Prints what is here and what the device can do."""
    from samprof.cli.doctor_text import doctor_text
    from samprof.record.capabilities import what_is_missing
    from samprof.record.device.environment import device_state, environment
    from samprof.record.device.verified import cached_verified
    from samprof.sam.model.build import resolve_device

    device = resolve_device(options.device)
    about = environment(device)
    state = device_state(device)
    peaks, cached = _peaks(device, again=options.again)
    verified = cached_verified(about["device_name"])
    found: dict[str, Any] = {
        "versions": versions(),
        "device": {
            "device": str(device),
            "name": about["device_name"],
            "memory_bytes": about.get("device_memory_bytes") or _system_memory(),
            **({"threads": about["threads"]} if device.type == "cpu" else {}),
            **state,
        },
        "verified": verified and verified.as_dict(),
        "peaks": peaks
        and {**peaks.as_dict(), "cached": cached, "changed": _changed(peaks, device)},
        "installed": installed_extras(),
        "works": {
            name: {"ok": not why, "why": why} for name, why in what_is_missing(device).items()
        },
    }
    as_json = options.json
    write_out(json.dumps(found, indent=1) + "\n" if as_json else doctor_text(found, width()))
    return 0


def _peaks(device: torch.device, *, again: bool) -> tuple[Peaks | None, bool]:
    """The peaks, if they can be measured, and whether they came from the cache."""
    from samprof.record import peaks
    from samprof.record.device.environment import device_name
    from samprof.record.device.peaks_cache import cache_peaks, cached_peaks

    name = device_name(device)
    cached = None if again else cached_peaks(name)
    if cached is not None:
        return cached, True
    write_err(f"samprof: measuring the peaks of {name}, which takes a few seconds\n")
    measured = None
    try:
        measured = peaks.measure_peaks(device)
        cache_peaks(measured)
    except RunError as error:
        # The rest of the report does not need them; next time they are measured again.
        print_notes([str(error)])
    return measured, False


def _changed(peaks: Peaks, device: torch.device) -> dict[str, list[str]]:
    """The versions that have changed since the peaks were measured: then, and now."""
    from samprof.record.peaks import current_versions

    now = current_versions(device)
    names = sorted({*now, *peaks.versions})
    both = {name: [peaks.versions.get(name, ""), now.get(name, "")] for name in names}
    return {name: [then, today] for name, (then, today) in both.items() if then != today}


def _system_memory() -> int | None:
    with suppress(AttributeError, ValueError, OSError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return None
