"""All benchmarks, one after the other, into one page: `make bench`.

`python -m bench` takes about 15 minutes on two cores; `--quick` only shows that everything still runs.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
INTRODUCTION = """\
# Benchmarks

`make bench` rewrites this page: samprof and other tools side by side in one run, on traces that the
project generates. The machine is shared and noisy, so every figure is a median with its spread, and
ratios are taken between measurements made right after each other. Nothing here is asserted by the test
suite.
"""
NOTES = "<!-- notes: what follows is written by hand, and kept -->\n"
READING = ("bench.readers",)
RECORDING = (
    ("bench.recording", "--ranges", "--rounds", "6"),
    ("bench.recording", "--tiny", "--rounds", "8"),
    ("bench.recording", "--leaving", "--rounds", "3"),
)
QUICK_READING = ("bench.readers", "--sizes", "0.02", "--rounds", "1")
QUICK_RECORDING = (("bench.recording", "--tiny", "--rounds", "2"),)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small and short")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks.md")
    options = parser.parse_args()
    reading, recording = (QUICK_READING, QUICK_RECORDING) if options.quick else (READING, RECORDING)
    parts = [INTRODUCTION, "## Reading a trace\n", _output(reading), "## Recording\n"]
    parts += [_output(command) for command in recording]
    options.out.write_text("\n".join([*parts, _notes(options.out)]))
    return 0


def _notes(page: Path) -> str:
    """The notes below the tables, which are written by hand and stay."""
    text = page.read_text() if page.exists() else NOTES
    return text[text.index(NOTES) :] if NOTES in text else NOTES


def _output(command: tuple[str, ...]) -> str:
    """The markdown that a benchmark prints; its progress goes to stderr."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
