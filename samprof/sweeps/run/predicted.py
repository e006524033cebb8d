"""What a run says of itself whose numbers were predicted, not measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from samprof.analysis.statistics.expected_error import ExpectedError, expected_from

UNTESTED = "Predicted from shapes, datasheets and traces of other devices, not measured."


@dataclass(frozen=True, slots=True)
class Predicted:
    """How a run was predicted.

    Attributes:
        error: what to expect of it; None where it was never compared with anything.
        remarks: variant -> what else shapes tell.
    """

    error: ExpectedError | None = None
    remarks: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """What a verdict begins with."""
        if self.error is None:
            return UNTESTED
        return (
            f"{UNTESTED[:-1]}: of {self.error.compared} published numbers 90% lay within "
            f"{self.error.time:.2f}x of what was predicted, speed-ups within {self.error.speedup:.2f}x."
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
    return Predicted(expected_from(data.get("error")), remarks)
