"""`python -m samprof.testing trace.json.gz 1000000`: writes a generated trace and prints its truth."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from samprof.testing.writer import write_trace


def main() -> None:
    """Writes the trace."""
    parser = argparse.ArgumentParser(
        prog="python -m samprof.testing",
        description="Writes a generated trace and prints the truth about it.",
    )
    parser.add_argument("path", type=Path, help="compressed if it ends in .gz")
    parser.add_argument("events", type=int, help="about this many; at least 4400")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same file")
    options = parser.parse_args()
    truth = write_trace(options.path, options.events, seed=options.seed)
    sys.stdout.write("".join(f"{name}: {value}\n" for name, value in asdict(truth).items()))


if __name__ == "__main__":
    main()
