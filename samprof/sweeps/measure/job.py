"""One sample to take, and how it travels between processes as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import samprof.errors
from samprof.errors import MissingPackageError, RunError, SamprofError
from samprof.sweeps.about import About
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.stored.sample import Sample
from samprof.sweeps.target import Recipe

_DESCRIBED = ("size", "round", "timed", "recorded", "paging", "slowest_ns")


@dataclass(frozen=True, slots=True)
class Job:
    """One sample to take.

    Attributes:
        plan: how.
        size: of which size.
        out: the run directory; traces are written below it.
        round: number of the round.
        timed: whether forwards are timed without the profiler.
        recorded: whether forwards are recorded.
        paging: whether page faults by layer are counted before those.
        slowest_ns: what the reference work takes at most at the CPUs' usual speed, as far as is known.
    """

    plan: Plan
    size: int
    out: Path
    round: int = 0
    timed: bool = True
    recorded: bool = True
    paging: bool = True
    slowest_ns: float = math.inf


def request_of(recipe: Recipe, job: Job | None) -> dict[str, Any]:
    """Everything that another process needs to take a sample.

    Args:
        recipe: how to make the target.
        job: which sample; None to ask only what would be measured, and where.
    """
    made = {"recipe": asdict(recipe)}
    if job is None:
        return made
    described = {name: getattr(job, name) for name in _DESCRIBED}
    return made | {"job": {**described, "plan": job.plan.as_dict(), "out": str(job.out)}}


def job_of(data: Mapping[str, Any]) -> Job:
    """The job that `request_of` wrote."""
    return Job(**{**data, "plan": Plan.from_dict(data["plan"]), "out": Path(data["out"])})


def answer_of(result: Sample | About) -> dict[str, Any]:
    """A result as plain data."""
    if isinstance(result, Sample):
        return {"sample": result.as_dict()}
    return {"about": asdict(result)}


def error_answer(error: SamprofError) -> dict[str, Any]:
    """An error that keeps the sweep from going on, as plain data."""
    parts = {name: getattr(error, name) for name in ("operation", "subject", "cause", "remedy")}
    return {"error": {"kind": type(error).__name__, **parts}}


def sample_in(answer: Mapping[str, Any]) -> Sample:
    """The sample in an answer.

    Raises:
        SamprofError: the one that was answered with.
    """
    _raise_error(answer)
    return Sample.from_dict(answer["sample"], "the worker's answer")


def about_in(answer: Mapping[str, Any]) -> About:
    """What would be measured and where, in an answer.

    Raises:
        SamprofError: the one that was answered with.
    """
    _raise_error(answer)
    return About(**answer["about"])


def _raise_error(answer: Mapping[str, Any]) -> None:
    if "error" in answer:
        raise _error(**answer["error"])


def _error(kind: str, operation: str, subject: str, cause: str, remedy: str) -> SamprofError:
    known = getattr(samprof.errors, kind, RunError)
    if known is MissingPackageError:  # its constructor takes other arguments
        known = RunError
    error: SamprofError = known(operation, subject, cause, remedy)
    return error
