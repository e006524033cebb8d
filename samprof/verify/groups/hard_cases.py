"""Hard cases: what a profiler may lose or count twice, each on a short encoder.

In every case the time accounting of the recording must be exact and nothing may be lost; then comes
what the case itself must show. What concerns kernels (phase, streams) can only be checked on a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator

from samprof.verify.case import Case
from samprof.verify.groups.hard import attention, compiled, execution, masks
from samprof.verify.session import VerifySession

GROUP = "hard cases"


def cases(session: VerifySession) -> Iterator[Case]:
    """All of them; those that compile take long and come last."""
    wanted = session.scale.hard_cases
    for part in (execution, attention, masks, compiled):
        for case in part.cases(session):
            if wanted is None or case.what in wanted:
                yield case
