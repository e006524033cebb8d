"""The tables of one variant of a run, each computed once. No torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from samprof.analysis.statistics.classes import LEAST_PROCESSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from samprof.analysis.device.roofline import Roof
    from samprof.analysis.scaling.axis import Axis
    from samprof.analysis.statistics.expected_error import ExpectedError
    from samprof.analysis.verdict.limits import Limits
    from samprof.analysis.verdict.recorded import Apart
    from samprof.analysis.verdict.verdict import Verdict
    from samprof.sweeps.run.tables.predicted import Predicted


@dataclass(frozen=True, eq=False)
class VariantTables:
    """What a run says of one variant. The tables are shared: whoever hands them on gives copies.

    Attributes:
        points: its rows of `Run.points`.
        layers: its rows of `Run.layers`, of the processes that count, times without the slowness of
            their turns.
        per_batch: the same with the time of one batch, where a forward runs many of them.
        wall: one row per process that counts: size, round, wall_ns (of one batch, without the profiler).
        axis: what the sizes count.
        roof: of the device, for the dtype that ran; None where it is not known.
        paging: per size and layer the share of its time that page faults cost; empty where not measured.
        ops: ops inside each layer, one row per process, size, layer and op.
        energy: one row per process that counts: size, round, energy_per_unit_j, power_w.
        remedy_speedup: what another allocator was measured to give; None where it was not.
        undecided: why there is no clean answer; empty where there is one.
        layers_undecided: the same for the layers.
        is_of_one_state: whether the layers were recorded in the machine's state that the answer is of.
        remarks: what else a reader of the verdict should know.
        finer: the granularity that shows more than these layers; empty where none does.
        predicted: how the run was predicted; None where it was measured.
    """

    points: pd.DataFrame
    layers: pd.DataFrame
    per_batch: pd.DataFrame
    wall: pd.DataFrame
    axis: Axis
    roof: Roof | None
    paging: pd.DataFrame
    ops: pd.DataFrame
    energy: pd.DataFrame
    remedy_speedup: float | None = None
    undecided: str = ""
    layers_undecided: str = ""
    is_of_one_state: bool = True
    remarks: Sequence[str] = ()
    finer: str = ""
    predicted: Predicted | None = None

    @cached_property
    def scaling(self) -> pd.DataFrame:
        """See `Run.scaling`."""
        from samprof.analysis.device.roofline import with_bound
        from samprof.analysis.scaling.scaling import scaling_table
        from samprof.analysis.verdict.energy import with_energy

        table = self._proven(scaling_table(self.per_batch, self.axis))
        table = with_energy(table, self.energy)
        return with_bound(table, self.roofline, self._paging_shares())

    @cached_property
    def times(self) -> pd.DataFrame:
        """The times that `scaling` is made of, one row per layer and size."""
        from samprof.analysis.scaling.scaling import times_by_size

        return self._proven(times_by_size(self.per_batch, self.axis))

    @cached_property
    def role_times(self) -> pd.DataFrame:
        """The same for layer classes."""
        from samprof.analysis.scaling.scaling import by_role, times_by_size

        return self._proven(times_by_size(by_role(self.per_batch), self.axis))

    @cached_property
    def roles(self) -> pd.DataFrame:
        """See `Run.roles`."""
        from samprof.analysis.scaling.scaling import by_role, scaling_table

        return self._proven(scaling_table(by_role(self.per_batch), self.axis))

    @cached_property
    def apart(self) -> Apart | None:
        """Speed-ups of recorded and timed forwards, where they differ beyond doubt."""
        from samprof.analysis.verdict.recorded import apart
        from samprof.analysis.verdict.whole import whole_speedups

        if self.undecided or self.layers_undecided or not self.is_of_one_state or self.wall.empty:
            return None
        return apart(self.per_batch, whole_speedups(self.wall, self.axis), self.axis)

    @property
    def unjudged(self) -> str:
        """Why nothing is proven of any layer; empty where it is."""
        return self.layers_undecided or (self.apart.why_unjudged(self.axis) if self.apart else "")

    @property
    def _layers_explain(self) -> bool:
        """Whether the speed-up of the whole is a matter of these layers."""
        return self.is_of_one_state and not self.unjudged

    def _proven(self, table: pd.DataFrame) -> pd.DataFrame:
        """The table without intervals and classes where nothing is proven of layers."""
        from samprof.analysis.statistics.classes import UNDECIDED
        from samprof.analysis.statistics.expected_error import with_expected

        table = with_expected(table, self._error)
        if not self.unjudged:
            return table
        names = ("speedup_low", "speedup_high", "exponent_low", "exponent_high")
        unknown = {name: float("nan") for name in names if name in table}
        return table.assign(**unknown, **({"class": UNDECIDED} if "class" in table else {}))

    @cached_property
    def roofline(self) -> pd.DataFrame:
        """See `Run.roofline`."""
        from samprof.analysis.device.roofline import roofline

        return roofline(self.layers, self.roof, self._paging_shares())

    @cached_property
    def role_roofline(self) -> pd.DataFrame:
        """The same for layer classes."""
        from samprof.analysis.device.roofline import roofline
        from samprof.analysis.scaling.scaling import by_role

        return roofline(by_role(self.layers), self.roof, self._role_paging_shares())

    @cached_property
    def op_changes(self) -> pd.DataFrame:
        """Which ops inside the layer classes change with the size."""
        from samprof.analysis.scaling.op_changes import op_changes

        return op_changes(self.ops, self._role_of_paths(), self.axis)

    def _role_of_paths(self) -> dict[str, str]:
        """Path -> what `by_role` calls its class."""
        from samprof.analysis.scaling.scaling import role_labels

        return role_labels(self.layers)

    def _paging_shares(self) -> dict[str, float]:
        """Path -> the share of its time that page faults cost at the size where they cost most."""
        return dict(self.paging.groupby("path")["share"].max())

    def _role_paging_shares(self) -> dict[str, float]:
        """The same for layer classes without rows below them, from the member that loses most."""
        from samprof.analysis.scaling.scaling import REST_OF

        roles = self.paging["path"].map(self._role_of_paths())
        shares = self.paging["share"].groupby(roles).max()
        return {str(role): share for role, share in shares.items() if REST_OF not in str(role)}

    def _cause(self, found: Verdict) -> str:
        """Which ops inside the classes that hold larger sizes back, or gain from them, change."""
        from samprof.analysis.scaling.op_changes import op_sentence
        from samprof.analysis.statistics.classes import GAINS, LOSES

        if self.undecided or not self._layers_explain or found.remedy or self.op_changes.empty:
            return ""
        changing = self.roles[self.roles["class"].isin((GAINS, LOSES))]
        largest = changing.sort_values("unit_ns_largest", ascending=False)["path"].head(2).tolist()
        sizes = sorted(self.wall["size"].unique().tolist())
        roles = list(dict.fromkeys([*found.blame, *largest]))
        return op_sentence(self.op_changes, roles, (sizes[0], sizes[-1]), self.axis)

    @property
    def _error(self) -> ExpectedError | None:
        return self.predicted.error if self.predicted is not None else None

    def _doubts(self) -> list[str]:
        if self.undecided or not (self.unjudged or self.apart):
            return []
        if self.unjudged:
            return [f"no layer is judged, because {self.unjudged}"]
        return [self.apart.sentence(self.axis)] if self.apart else []

    def _few_rounds(self) -> list[str]:
        """That layers have no class, where one more round would give them one."""
        sizes = self.layers.groupby("size")["round"].nunique()
        if self.unjudged or self.predicted or len(sizes) < 2 or sizes.min() != LEAST_PROCESSES - 1:
            return []
        return [
            f"no layer has a class: they were recorded in {sizes.min()} rounds, and a class takes "
            f"{LEAST_PROCESSES}"
        ]

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
        from samprof.analysis.device.paging import paging_of
        from samprof.analysis.verdict.energy import energy_sentence
        from samprof.analysis.verdict.potential import potential
        from samprof.analysis.verdict.verdict import verdict
        from samprof.analysis.verdict.why import explained

        layers = self.per_batch if self._layers_explain else self.per_batch.head(0)
        found = verdict(
            self.points,
            self.wall,
            layers,
            self.axis,
            limits=limits,
            paging=paging_of(self.points, speedup=self.remedy_speedup),
            undecided=self.undecided,
            remarks=[*self._doubts(), *self._few_rounds(), *self.remarks],
            error=self._error,
        )
        most = potential(self.role_roofline, self.roof, found.best_size)
        roots = self.per_batch[self.per_batch["depth"] == 0].drop_duplicates("path")
        notes = [self._cause(found), *(roots["note"].tolist() if "note" in roots else [])]
        found = explained(found, self.role_roofline, most, self.roof, self.axis, notes, self.finer)
        if not self.undecided and (
            said := energy_sentence(self.energy, found.best_size, self.axis)
        ):
            found = replace(found, sentences=(*found.sentences, said))
        if self.predicted is not None:
            found = replace(found, sentences=(self.predicted.sentence, *found.sentences))
        return found, most
