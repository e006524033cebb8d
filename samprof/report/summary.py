"""Everything a renderer shows of a run, in one value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from samprof.analysis.axis import AXES, BATCH_SIZE, Axis
from samprof.analysis.limits import Limits
from samprof.analysis.roofline import Roof
from samprof.analysis.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Summary:
    """The tables of a run.

    Attributes:
        asked: what the sweep was asked to do.
        target: what was measured.
        environment: where it ran.
        points, scaling, roles: tables of `Run`.
        verdict: the answer.
        checks: batch size -> conservation check of its trace.
        axis: what the batch sizes count.
        limits: what the batch to run may take.
        variant: which one scaling, roles, verdict and checks are of.
        roofline: intensity and rates of each layer; empty where no shapes were recorded.
        roof: what the device can do; None where it is not known.
        components: variant -> component table at the largest batch size.
        commands: the command lines that made the run, word by word.
    """

    asked: Mapping[str, Any]
    target: Mapping[str, Any]
    environment: Mapping[str, Any]
    points: pd.DataFrame
    scaling: pd.DataFrame
    roles: pd.DataFrame
    verdict: Verdict
    checks: Mapping[int, Mapping[str, Any]]
    axis: Axis = AXES[BATCH_SIZE]
    variant: str = "eager"
    limits: Limits = field(default_factory=Limits)
    components: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    roofline: pd.DataFrame = field(default_factory=pd.DataFrame)
    roof: Roof | None = None
    commands: Sequence[Sequence[str]] = ()

    @property
    def title(self) -> str:
        """Model, part, dtype and device in a line."""
        name = " ".join(str(self.target.get(key) or "") for key in ("label", "name")).strip()
        parts = [name, self.target.get("dtype", ""), self.environment.get("device_name", "")]
        return ", ".join(str(part) for part in parts if part)

    @property
    def clock(self) -> str:
        """What time means: device or cpu."""
        return str(next(iter(self.scaling["clock"]), "cpu"))
