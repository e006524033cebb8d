"""What a run says of itself whose numbers were predicted, not measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from samprof.analysis.statistics.expected_error import ExpectedError, expected_from

MEASURED_PEAKS = "measured"


@dataclass(frozen=True, slots=True)
class Predicted:
    """How a run was predicted.

    Attributes:
        error: what to expect of it; None where it was never compared with anything.
        remarks: variant -> what else shapes tell.
        has_measured_peaks: whether the peaks of the device were measured on it; else its datasheet's.
    """

    error: ExpectedError | None = None
    remarks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    has_measured_peaks: bool = False

    @property
    def sentence(self) -> str:
        """What a verdict begins with."""
        peaks, told = "datasheets", "was predicted"
        if self.has_measured_peaks:
            peaks, told = "peaks measured on the device", "datasheets predict"
        origin = f"Predicted from shapes, {peaks} and traces of other devices, not measured"
        if self.error is None:
            return f"{origin}."
        return (
            f"{origin}: of {self.error.compared} published numbers 90% lay within "
            f"{self.error.time:.2f}x of what {told}, speed-ups within {self.error.speedup:.2f}x."
        )


def predicted_from(data: object) -> Predicted | None:
    """What run.json says of a prediction; None where the run was measured."""
    if not isinstance(data, Mapping):
        return None
    held = data.get("remarks")
    remarks = {
        str(variant): tuple(map(str, texts))
        for variant, texts in (held.items() if isinstance(held, Mapping) else ())
        if isinstance(texts, list)
    }
    has_measured_peaks = data.get("peaks") == MEASURED_PEAKS
    return Predicted(expected_from(data.get("error")), remarks, has_measured_peaks)
