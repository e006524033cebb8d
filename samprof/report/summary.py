"""Everything a renderer shows of a run, in one value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from samprof.analysis.device.roofline import Roof
from samprof.analysis.scaling.axis import BATCH_SIZE, Axis
from samprof.analysis.scaling.variant import EAGER
from samprof.analysis.verdict.limits import Limits
from samprof.analysis.verdict.verdict import Verdict
from samprof.report.words import TIME_NAMES


@dataclass(frozen=True, slots=True)
class Summary:
    """The tables of a run.

    Attributes:
        asked: what the sweep was asked to do.
        target: what was measured.
        environment: where it ran.
        points, scaling, roles: tables of `Run`.
        times, role_times: what scaling and roles are made of, one row per path and size, as
            `samprof.analysis.scaling.scaling.times_by_size` gives them.
        verdict: the answer.
        checks: batch size -> conservation check of its trace.
        axis: what the batch sizes count.
        limits: what the batch to run may take.
        variant: which one scaling, roles, verdict and checks are of.
        roofline: intensity and rates of each layer; empty where no shapes were recorded.
        roof: what the device can do; None where it is not known.
        components: variant -> component table at the largest batch size.
        component_speedups: variant -> speed-ups of its components over the first variant, as
            `samprof.analysis.verdict.modes.component_speedups` gives them.
        colors: role or component -> colour `#rrggbb`, where the model's labels know one.
        commands: the command lines that made the run, word by word.
        verified: what `samprof verify` found on the device; empty where it was not verified.
        is_profiled: whether forwards were timed under the profiler, as those of traces are.
    """

    asked: Mapping[str, Any]
    target: Mapping[str, Any]
    environment: Mapping[str, Any]
    points: pd.DataFrame
    scaling: pd.DataFrame
    times: pd.DataFrame
    roles: pd.DataFrame
    role_times: pd.DataFrame
    verdict: Verdict
    checks: Mapping[int, Mapping[str, Any]]
    axis: Axis = BATCH_SIZE
    variant: str = EAGER
    limits: Limits = field(default_factory=Limits)
    components: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    component_speedups: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    roofline: pd.DataFrame = field(default_factory=pd.DataFrame)
    roof: Roof | None = None
    commands: Sequence[Sequence[str]] = ()
    colors: Mapping[str, str] = field(default_factory=dict)
    verified: str = ""
    is_profiled: bool = False

    @property
    def title(self) -> str:
        """Model, part, dtype and device in a line."""
        name = " ".join(str(self.target.get(key) or "") for key in ("label", "name")).strip()
        parts = [name, self.target.get("dtype", ""), self.environment.get("device_name", "")]
        return ", ".join(str(part) for part in parts if part)

    @property
    def is_predicted(self) -> bool:
        """Whether nothing of it was measured."""
        return isinstance(self.environment.get("predicted"), Mapping)

    @property
    def peak_source(self) -> str:
        """Where the peaks of the roof come from, in a word."""
        predicted = self.environment.get("predicted")
        by_datasheet = isinstance(predicted, Mapping) and predicted.get("peaks") != "measured"
        return "datasheet" if by_datasheet else "measured"

    @property
    def sizes(self) -> list[int]:
        """The sizes that scaling is about, ascending."""
        return sorted(self.times["size"].unique().tolist())

    @property
    def time_source(self) -> str:
        """What time means: device or cpu."""
        return str(next(iter(self.scaling["time_source"]), "cpu"))

    @property
    def time_name(self) -> str:
        """What time means, in words."""
        return TIME_NAMES[self.time_source]
