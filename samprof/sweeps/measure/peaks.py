"""The peaks of the device that a sweep runs on: from the cache, or measured now and written there."""

from __future__ import annotations

from contextlib import suppress

import torch

from samprof.errors import SamprofError
from samprof.record.environment import device_name
from samprof.record.peaks import measure_peaks
from samprof.record.peaks_cache import Peaks, cache_peaks, cached_peaks

_SECONDS = 0.7


def peaks_of(device: torch.device) -> Peaks:
    """What the device can do at most; measuring it takes a few seconds, once per device.

    Raises:
        SamprofError: no product or no copy runs there.
    """
    known = cached_peaks(device_name(device))
    if known is not None:
        return known
    peaks = measure_peaks(device, seconds=_SECONDS)
    with suppress(SamprofError):  # the cache cannot be written: then they are measured again
        cache_peaks(peaks)
    return peaks
