"""The GPU kit: every check that only a GPU can answer, in one command of under 8 minutes: `make gpu`.

    python -m bench.gpu                       # on the CUDA device; artefacts below runs/gpu
    python -m bench.gpu --dry -o DIR          # every check on the CPU: few points, CPU time
    python -m bench.gpu --only truth,traces   # some groups

A line a check on stdout, progress on stderr. Exits 1 if a check failed. It needs Python, torch and
what docs/results/README.md lists; samprof itself need not be installed, only be on the path.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench.gpu.scale import DRY, DRY_LIMITS, LIMITS, Limits, Scale

if TYPE_CHECKING:
    from bench.gpu.device import Cpu
    from bench.gpu.kit import Case, Kit

MINUTES = 8.0
_RESERVE_S = 45.0  # for starting, answers, figures and the archive


def main(
    argv: Sequence[str] | None = None, scale: Scale | None = None, limits: Limits | None = None
) -> int:
    """Runs the kit; 0, or 1 if a check failed, or 2 if there is no device for it.

    Args:
        argv: of the command line.
        scale: how much; by default that of a GPU, or of the dry form.
        limits: likewise.
    """
    parser = argparse.ArgumentParser(prog="bench.gpu", description=__doc__.splitlines()[0])
    parser.add_argument("--dry", action="store_true", help="on the CPU: few points, CPU time")
    parser.add_argument(
        "-o", "--out", type=Path, default=Path("runs/gpu"), help="artefacts' folder"
    )
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"default: {MINUTES:g}")
    parser.add_argument("--only", help="groups, with commas between")
    options = parser.parse_args(argv)
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # read when torch loads
    scale = scale or (DRY if options.dry else Scale())
    limits = limits or (DRY_LIMITS if options.dry else LIMITS)
    device = _device(dry=options.dry)
    if device is None:
        sys.stderr.write("bench.gpu: no CUDA device here; --dry runs every check on the CPU\n")
        return 2
    known = [name for name, _ in scale.shares]
    wanted = options.only.split(",") if options.only else known
    if unknown := [name for name in wanted if name not in known]:
        sys.stderr.write(f"bench.gpu: no group {unknown[0]!r}; there are {', '.join(known)}\n")
        return 2
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        sys.stderr.write(f"bench.gpu: {out} is not empty; choose another -o\n")
        return 2
    return _run(_kit(device, scale, limits, out, options), wanted, list(argv or sys.argv[1:]))


def _run(kit: Kit, wanted: Sequence[str], argv: Sequence[str]) -> int:
    from bench.gpu import artefacts, founding

    results = kit.results
    results.about |= {"command": " ".join(["python", "-m", "bench.gpu", *argv])}
    results.write()
    with _own_cache(kit.out):
        for group, cases in _groups().items():
            if group in wanted:
                kit.run_group(group, cases)
    if "founding" in wanted:
        # Quick and without the device: what was measured is always told.
        kit.run_last("founding", founding.answers)
        kit.run_last("figures", artefacts.figures)
    results.about |= {"seconds": kit.budget.spent, "state_after": _state(kit.device)}
    results.write()
    artefacts.pack(kit.out)
    return _told(kit)


def _groups() -> dict[str, Callable[[Kit], Iterable[Case]]]:
    """Group -> its cases, in the order in which they run: what a kill may cost comes last."""
    from bench.gpu import artefacts, conservation, distortion, founding, hard, truth

    return {
        conservation.GROUP: conservation.cases,
        truth.GROUP: truth.cases,
        hard.GROUP: hard.cases,
        artefacts.GROUP: artefacts.cases,
        distortion.GROUP: distortion.cases,
        founding.GROUP: founding.cases,
    }


def _told(kit: Kit) -> int:
    """Says how it went, the failed checks once more; the exit code."""
    checks = kit.results.checks
    broken = [check for check in checks if check.ok is False]
    count = Counter(check.verdict for check in checks)
    if broken:
        print("\nfailed:")
        for check in broken:
            print(check.line())
    parts = [f"{count[name]} {name}" for name in ("pass", "fail", "shown", "not run")]
    print(f"\n{', '.join(parts)}; {kit.budget.spent:.0f} s; {kit.out}")
    return 1 if broken else 0


def _kit(device: Cpu, scale: Scale, limits: Limits, out: Path, options: argparse.Namespace) -> Kit:
    from bench.gpu.budget import Budget
    from bench.gpu.kit import Kit, Results
    from samprof.record.environment import environment

    seconds = 60 * options.minutes
    reserve = 0.0 if options.dry else _RESERVE_S
    about = {
        "dry": options.dry,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "minutes": options.minutes,
        "environment": environment(device.torch_device) | {"all_packages": _packages()},
        "state_before": _state(device),
    }
    results = Results(out / "results.json", about)
    return Kit(device, scale, limits, out, Budget(seconds - reserve, scale.shares), results)


def _device(*, dry: bool) -> Cpu | None:
    import torch

    from bench.gpu.device import Cpu, Cuda

    if dry:
        return Cpu()
    return Cuda() if torch.cuda.is_available() else None


def _state(device: Cpu) -> dict[str, str]:
    from samprof.record.environment import device_state

    return device_state(device.torch_device)


def _packages() -> dict[str, str]:
    from importlib.metadata import distributions

    found = {one.metadata["Name"]: one.version for one in distributions() if one.metadata["Name"]}
    return dict(sorted(found.items()))


@contextmanager
def _own_cache(out: Path) -> Iterator[None]:
    """Peaks are kept with the artefacts, not with those of the user's `samprof doctor`."""
    before = os.environ.get("XDG_CACHE_HOME")
    os.environ["XDG_CACHE_HOME"] = str(out / "cache")
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


if __name__ == "__main__":
    sys.exit(main())
