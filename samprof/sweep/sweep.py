"""A plan carried out: every point that is not there yet, measured and written."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from samprof.sweep.engines import Engine, Job
from samprof.sweep.plan import Plan
from samprof.sweep.point import Point, merged
from samprof.sweep.run import Run
from samprof.sweep.store import Store


@dataclass(frozen=True, slots=True)
class Progress:
    """What a sweep tells whoever watches it.

    Attributes:
        batch_size: the point being measured.
        images: images that went through the model since the last word, under this point.
        point: the finished point, at its end; else None.
        resumed: the point was there already.
    """

    batch_size: int
    images: int = 0
    point: Point | None = None
    resumed: bool = False


def carry_out(
    plan: Plan,
    engine: Engine,
    out: Path,
    *,
    fresh: bool = False,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Run:
    """Measures the plan's points, in shuffled order, those that are there left alone.

    Args:
        plan: what to measure.
        engine: where.
        out: the run directory; made if missing.
        fresh: remove what an earlier sweep left there.
        progress: called at every step.

    Raises:
        RunError: the directory belongs to another sweep, or cannot be written.
    """
    store = Store(out)
    store.accept(plan, fresh=fresh)
    for batch_size in plan.order():
        if not fresh and store.has_point(batch_size, plan.variant):
            progress(Progress(batch_size, resumed=True))
            continue

        def advance(forwards: int, size: int = batch_size) -> None:
            progress(Progress(size, images=forwards * size))

        parts = []
        for _ in range(plan.processes):
            parts.append(engine.measure(Job(plan, batch_size, out, fresh), advance))
            fresh = False  # removed once: what follows belongs to this sweep
            if parts[-1].status != "ok":
                break
        point = merged(parts)
        store.write_point(point)
        progress(Progress(batch_size, point=point))
    run = Run(out)
    run.write_tables()
    return run
