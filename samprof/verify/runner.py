"""Runs the cases of a group one by one; none of them can stop the others."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from samprof.sweeps.measure.measure import is_out_of_memory
from samprof.verify.budget import OutOfTime
from samprof.verify.case import Case
from samprof.verify.check import Check, failed, not_run
from samprof.verify.session import VerifySession

TIME = "time"
BROKEN = "an earlier case left the device unusable in this process"
Cases = Callable[[VerifySession], Iterable[Case]]


@dataclass(frozen=True)
class Runner:
    """Runs cases and reports their checks.

    Attributes:
        session: what the cases work with.
        report: called with each check as it is found.
        progress: called with a line of text before each case.
    """

    session: VerifySession
    report: Callable[[Check], None] = lambda _: None
    progress: Callable[[str], None] = lambda _: None

    def run_group(self, group: str, cases: Cases) -> None:
        """Runs the group's cases within its share of the time."""
        self.session.budget.begin(group)
        self._run_all(group, cases, self._run_in_time)

    def run_regardless_of_time(self, group: str, cases: Cases) -> None:
        """Runs the group's cases however late it is: for quick ones that say what others found."""
        self._run_all(group, cases, self._run)

    def _run_all(self, group: str, cases: Cases, run: Callable[[Case], None]) -> None:
        session = self.session
        session.group = group
        try:
            found = list(cases(session))
        except Exception as error:
            self._add(failed("its cases", _reason(error)))
            found = []
        for case in found:
            self.progress(f"[{session.budget.spent:4.0f} s] {group}: {case.what}")
            if case.lacking:
                self._add(not_run(case.what, case.lacking))
            else:
                run(case)
            session.results.write()

    def _run_in_time(self, case: Case) -> None:
        budget, scale = self.session.budget, self.session.scale
        if broken := self.session.broken:
            self._add(not_run(case.what, f"{BROKEN} ({broken})"))
            return
        if not budget.fits(scale.time_factor * case.seconds()):
            self._add(not_run(case.what, TIME))
            return
        with budget.alarm():
            self._run(case)

    def _run(self, case: Case) -> None:
        try:
            for check in case.run():
                self._add(check)
        except OutOfTime:
            self._add(not_run(case.what, f"{TIME} ran out within it"))
        except Exception as error:
            if is_out_of_memory(error):
                self._add(not_run(case.what, "out of memory"))
            else:
                self._add(failed(case.what, _reason(error)))
        finally:
            gc.collect()
            self.session.broken = self.session.broken or self.session.device.release()

    def _add(self, check: Check) -> None:
        check = replace(check, group=self.session.group)
        self.session.results.checks.append(check)
        self.report(check)


def _reason(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
