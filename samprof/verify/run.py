"""Runs the checks, group by group, and leaves their results in a folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.errors import RunError, UsageError
from samprof.verify.limits import DRY_LIMITS, LIMITS, Limits
from samprof.verify.scale import DRY, Scale, quick

if TYPE_CHECKING:
    from samprof.record.device.verified import Verified
    from samprof.verify.case import Case
    from samprof.verify.check import Check
    from samprof.verify.conclusion import Conclusion
    from samprof.verify.device import Cpu
    from samprof.verify.results import Results
    from samprof.verify.runner import Runner
    from samprof.verify.session import VerifySession

MINUTES = 8.0
GROUPS = tuple(name for name, _ in Scale().shares)
_RESERVE_S = 45.0  # for starting, answers, figures and the archive
_QUICK_RESERVE_S = 10.0
_QUICK_BELOW = 5.0
"""Minutes: with less time than this only what a user needs is checked, see `quick`."""


def verify(
    out: str | Path,
    *,
    dry: bool = False,
    groups: Sequence[str] | None = None,
    minutes: float = MINUTES,
    command: str = "",
    compiler_missing: str = "",
    scale: Scale | None = None,
    limits: Limits | None = None,
    report: Callable[[Check], None] = lambda _: None,
    progress: Callable[[str], None] = lambda _: None,
) -> Results:
    """Checks samprof's numbers on the CUDA device, or in a dry run on the CPU.

    Args:
        out: the folder of the results; must be new or empty.
        dry: run every check on the CPU, with few points and CPU time.
        groups: the groups to run, in the order of `GROUPS`; by default all that the time is for.
        minutes: the time that all of it may take. What does not fit is not run, and says so. Below 5
            only the most important checks are planned.
        command: the command line, noted in the results.
        compiler_missing: why torch.compile will not work on the device; empty where it will.
        scale: how much is measured; by default what suits a GPU, or a dry run.
        limits: where figures must lie; likewise.
        report: called with each check as it is found.
        progress: called with a line of text before each case.

    Returns:
        All checks and the figures behind them, also in `results.json` in the folder. What they say of
        a GPU is in the cache too, for later reports of that device, unless only some groups were run.

    Raises:
        UsageError: there is no CUDA device, or no such group.
        RunError: the folder is not empty, or the cache cannot be written.
    """
    from samprof.record.device.verified import cache_verified
    from samprof.verify.runner import Runner

    is_quick = groups is None and minutes < _QUICK_BELOW
    if unknown := [name for name in groups or () if name not in GROUPS]:
        remedy = f"the groups are {', '.join(GROUPS)}"
        raise UsageError("verify", unknown[0], "no such group", remedy)
    device = _device(dry=dry)
    folder = _empty_folder(Path(out))
    scale = scale or (DRY if dry else Scale())
    scale = quick(scale) if is_quick else scale
    limits = limits or (DRY_LIMITS if dry else LIMITS)
    reserve_s = 0.0 if dry else _QUICK_RESERVE_S if is_quick else _RESERVE_S
    wanted = [name for name, _ in scale.shares if groups is None or name in groups]
    session = _session(device, scale, limits, folder, 60 * minutes - reserve_s, wanted)
    session.compiler_missing = compiler_missing
    session.results.about |= {"command": command, "dry": dry, "minutes": minutes}
    found = _run(Runner(session, report, progress), wanted)
    if device.is_gpu and groups is None:
        cache_verified(_verified(session.results, found))
    return session.results


def _run(runner: Runner, wanted: Sequence[str]) -> Conclusion:
    from samprof.sweeps.measure.garbage import older_objects_spared
    from samprof.sweeps.measure.machine.state import MachineMonitor
    from samprof.verify.archive import pack
    from samprof.verify.case import Case
    from samprof.verify.conclusion import conclusion
    from samprof.verify.groups import batching, batching_answers, device, figures

    session = runner.session
    results = session.results
    results.write()
    uuid = results.about["environment"].get("gpu_uuid")
    with MachineMonitor(uuid) as monitor, older_objects_spared():
        monitor.read()
        runner.run_regardless_of_time(device.GROUP, device.cases)
        with _own_cache(session.out):
            for group, cases in _groups().items():
                if group in wanted:
                    runner.run_group(group, cases)
        seen = monitor.read().gpu_meanwhile
    if session.device.is_gpu:
        case = Case(device.MEANWHILE, lambda: device.throttling(seen))
        runner.run_regardless_of_time(device.GROUP, lambda _: [case])
    if batching.GROUP in wanted:
        # Quick, and without the device: what was measured is always reported.
        runner.run_regardless_of_time(batching.GROUP, batching_answers.cases)
        runner.run_regardless_of_time(figures.GROUP, figures.cases)
    found = conclusion(results.checks, on_gpu=session.device.is_gpu)
    results.about |= {"seconds": session.budget.spent, "state_after": _state(session.device)}
    results.about |= {"conclusion": found.text, "within_percent": found.within_percent}
    results.write()
    pack(session.out)
    return found


def _verified(results: Results, found: Conclusion) -> Verified:
    """The verification as the cache holds it."""
    from samprof.record.device.verified import Verified

    where = results.about["environment"]
    versions = {
        "samprof": where["samprof"],
        "torch": where["packages"].get("torch", ""),
        "CUDA": where.get("cuda", ""),
        "driver": where.get("driver", ""),
    }
    return Verified(
        device_name=where["device_name"],
        date=results.about["started"][:10],
        text=found.text,
        ok=found.ok,
        within_percent=found.within_percent,
        versions={name: str(version) for name, version in versions.items() if version},
    )


def _groups() -> dict[str, Callable[[VerifySession], Iterable[Case]]]:
    """Group -> its cases, in the order in which they run: what may be left out comes last."""
    from samprof.verify.groups import (
        batching,
        conservation,
        ground_truth,
        hard_cases,
        overhead,
        traces,
    )

    modules = (ground_truth, hard_cases, conservation, traces, overhead, batching)
    return {module.GROUP: module.cases for module in modules}


def _device(*, dry: bool) -> Cpu:
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # read when torch loads

    import torch

    from samprof.verify.device import Cpu, Cuda

    if dry:
        return Cpu()
    if not torch.cuda.is_available():
        remedy = "use --dry, which runs every check on the CPU"
        raise UsageError("verify", "device", "no CUDA device here", remedy)
    return Cuda()


def _empty_folder(out: Path) -> Path:
    out = out.resolve()
    try:
        out.mkdir(parents=True, exist_ok=True)
        used = any(out.iterdir())
    except OSError as error:
        cause = error.strerror or str(error)
        raise RunError("verify", out, cause, "give a folder that can be written") from None
    if used:
        raise RunError("verify", out, "the folder is not empty", "give another one with --out")
    return out


def _session(
    device: Cpu, scale: Scale, limits: Limits, out: Path, seconds: float, groups: Sequence[str]
) -> VerifySession:
    from samprof.record.device.environment import environment
    from samprof.verify.budget import Budget
    from samprof.verify.results import Results
    from samprof.verify.session import VerifySession

    about = {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "environment": environment(device.torch_device) | {"all_packages": _packages()},
        "state_before": _state(device),
    }
    results = Results(out / "results.json", about)
    shares = [(name, weight) for name, weight in scale.shares if name in groups]
    return VerifySession(device, scale, limits, out, Budget(seconds, shares), results)


def _state(device: Cpu) -> dict[str, str]:
    from samprof.record.device.environment import device_state

    with suppress(RuntimeError):  # after an error of a kernel every call of CUDA raises it again
        return device_state(device.torch_device)
    return {}


def _packages() -> dict[str, str]:
    from importlib.metadata import distributions

    found = {one.metadata["Name"]: one.version for one in distributions() if one.metadata["Name"]}
    return dict(sorted(found.items()))


@contextmanager
def _own_cache(out: Path) -> Iterator[None]:
    """Puts the peaks into the folder, not into the cache of the user's `samprof doctor`."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(out / "cache")
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before
