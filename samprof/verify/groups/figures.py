"""The figures of every model that was swept."""

from __future__ import annotations

from collections.abc import Iterator

from samprof.sweeps.run.run import Run
from samprof.verify.case import Case
from samprof.verify.check import Check, Limit, limited
from samprof.verify.groups.batching import nothing_measured, run_directory
from samprof.verify.session import VerifySession

GROUP = "figures"


def cases(session: VerifySession) -> Iterator[Case]:
    """One per model."""
    for model in dict.fromkeys(model for model, _, _ in session.scale.batching):
        yield Case(
            f"{model}: figures",
            lambda model=model: _figures(session, model),  # type: ignore[misc]
            lacking=nothing_measured(session, model),
        )


def _figures(session: VerifySession, model: str) -> Iterator[Check]:
    made = Run(run_directory(session, model)).figures(session.out / "figures" / model)
    yield limited(f"{model}: figures", len(made), Limit(low=1), "files")
