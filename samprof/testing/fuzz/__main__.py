"""`python -m samprof.testing.fuzz --seed 1 --cases 1000`: reads damaged traces, prints what is wrong."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from samprof.testing.fuzz.campaign import Finding, campaign, originals, summary


def main() -> int:
    """Runs the cases; returns 1 if anything was found."""
    parser = argparse.ArgumentParser(
        prog="python -m samprof.testing.fuzz",
        description="Damages generated and real traces by seed, reads them, and compares the sums "
        "with those of a plain reader.",
    )
    parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same cases")
    parser.add_argument("--cases", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--first", type=int, default=0, help="the number of the first (default: 0)")
    parser.add_argument("--traces", type=Path, metavar="DIR", help="real traces to damage as well")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where to write what was found")
    options = parser.parse_args()
    outcomes, found, began = Counter[str](), 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="samprof-fuzz-") as folder:
        events = originals(Path(folder), options.traces)
        for outcome, finding in campaign(
            events,
            Path(folder) / "case.json",
            seed=options.seed,
            first=options.first,
            cases=options.cases,
        ):
            outcomes[outcome] += 1
            if finding is not None:
                found += 1
                _show(finding, options.keep)
    seconds = time.monotonic() - began
    sys.stdout.write(
        f"{options.cases} cases in {seconds:.0f} s: {summary(outcomes)}; {found} wrong\n"
    )
    return int(found > 0)


def _show(finding: Finding, folder: Path | None) -> None:
    sys.stdout.write(f"case {finding.case}: {finding.what.strip()}\n")
    sys.stdout.flush()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{finding.case}.json").write_bytes(finding.content)


if __name__ == "__main__":
    sys.exit(main())
