"""The tables of one variant of a run, each computed once. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from samprof.analysis.axis import Axis
    from samprof.analysis.limits import Limits
    from samprof.analysis.roofline import Roof
    from samprof.analysis.verdict import Verdict


@dataclass(frozen=True, eq=False)
class VariantTables:
    """What is told of one variant. The tables are shared: whoever hands them on gives copies.

    Attributes:
        points: its rows of `Run.points`.
        layers: its rows of `Run.layers`.
        per_batch: the same with the time of one batch, where a forward runs many of them.
        wall: for each batch size the raw wall times of one batch in ns, without the profiler.
        axis: what the sizes count.
        roof: of the device, for the dtype that ran; None where it is not known.
    """

    points: pd.DataFrame
    layers: pd.DataFrame
    per_batch: pd.DataFrame
    wall: Mapping[int, Sequence[int]]
    axis: Axis
    roof: Roof | None

    @cached_property
    def scaling(self) -> pd.DataFrame:
        """See `Run.scaling`."""
        from samprof.analysis.roofline import with_bound
        from samprof.analysis.scaling import scaling_table

        return with_bound(scaling_table(self.per_batch, self.axis), self.roofline)

    @cached_property
    def roles(self) -> pd.DataFrame:
        """See `Run.roles`."""
        from samprof.analysis.scaling import by_role, scaling_table

        return scaling_table(by_role(self.per_batch), self.axis)

    @cached_property
    def roofline(self) -> pd.DataFrame:
        """See `Run.roofline`."""
        from samprof.analysis.roofline import roofline

        return roofline(self.layers, self.roof)

    @cached_property
    def role_roofline(self) -> pd.DataFrame:
        """The same for layer classes."""
        from samprof.analysis.roofline import roofline
        from samprof.analysis.scaling import by_role

        return roofline(by_role(self.layers), self.roof)

    def answer(self, limits: Limits) -> tuple[Verdict, pd.DataFrame]:
        """The verdict under the limits, and the potential at the batch size that it names.

        Both are computed once for each pair of limits.
        """
        if limits not in self._answers:
            self._answers[limits] = self._answer(limits)
        return self._answers[limits]

    @cached_property
    def _answers(self) -> dict[Limits, tuple[Verdict, pd.DataFrame]]:
        return {}

    def _answer(self, limits: Limits) -> tuple[Verdict, pd.DataFrame]:
        from samprof.analysis.potential import potential
        from samprof.analysis.verdict import verdict
        from samprof.analysis.why import explained

        found = verdict(
            self.points,
            self.wall,
            self.per_batch,
            self.axis,
            memory_limit=limits.memory_bytes,
            latency_limit=limits.latency_ns,
        )
        most = potential(self.role_roofline, self.roof, found.best_batch_size)
        roots = self.per_batch[self.per_batch["depth"] == 0].drop_duplicates("path")
        remarks = roots["note"].tolist() if "note" in roots else []
        return explained(found, self.role_roofline, most, self.roof, self.axis, remarks), most
