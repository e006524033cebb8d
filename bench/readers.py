"""What reading a trace costs: samprof and other tools side by side, from the file to the finished table.

Every measurement runs in a fresh process. The readers take turns in every round, in shuffled order, so
that a machine that slows down affects all of them; each ratio is the median over rounds of the ratio
within a round. Traces are made by `samprof.testing` and removed afterwards. Progress goes to stderr, a
markdown document to stdout.

    python -m bench.readers                                # 0.1, 1 and 4 million events
    python -m bench.readers --sizes 0.1 --rounds 3
"""

import argparse
import os
import random
import shlex
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.machine import describe, installed_version
from bench.measure import MeasureError, Measurement, measure
from samprof.testing import Truth, write_trace

LIMIT_PROCESSES = "SAMPROF_READERS"
TIMEOUT_S = 1800
LARGE_EVENTS = 2_000_000
VERSIONS = (
    *("samprof", "numpy", "pandas", "msgspec", "isal", "pyarrow"),
    *("HolisticTraceAnalysis", "torch-tb-profiler", "orjson"),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """A row of the table.

    Attributes:
        title: its name there.
        program: its name in `bench/reader_programs.py`.
        package: the distribution that must be installed.
        environment: variables set in its process.
        too_slow: whether to leave it out for large traces.
    """

    title: str
    program: str
    package: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    too_slow: bool = False


SAMPROF = Reader("samprof", "samprof")
ONE_PROCESS = Reader("samprof, one process", "samprof", environment={LIMIT_PROCESSES: "1"})
CACHED = Reader("samprof, from its cache", "samprof_cached")
READERS = (
    SAMPROF,
    ONE_PROCESS,
    CACHED,
    Reader("HTA, kernel breakdown", "hta", "HolisticTraceAnalysis", too_slow=True),
    Reader("torch-tb-profiler, its tables", "tensorboard", "torch-tb-profiler", too_slow=True),
    Reader("orjson.loads, collector off", "orjson", "orjson"),
    Reader("json.loads", "standard_json"),
)

EXPLANATION = f"""\
Every measurement runs in a fresh process; the time is from before the first call of the library to the
finished table, with the file in the page cache. Imports do not count for any reader: samprof, which
imports when needed, has its imports done beforehand. Ratios are taken within a round. The figures are
medians, with the lowest and the highest. Memory is the most that the process and its children held at
one time: resident memory for one process, the sum of proportional shares for several, sampled every
20 ms, and never below the peak that the kernel recorded for the first process. HTA searches the list of
steps for every event, so the traces have few of them. `{LIMIT_PROCESSES}=1` keeps samprof to
one process.
"""

Rounds = list[dict[Reader, Measurement]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes", type=_sizes, default=(0.1, 1.0, 4.0), help="millions of events: 0.1,1,4"
    )
    parser.add_argument("--rounds", type=int, help="by default 5, at 1 million 3, at 4 million 1")
    parser.add_argument("--seed", type=int, default=0, help="of the traces and of the order")
    options = parser.parse_args()

    os.environ.pop(LIMIT_PROCESSES, None)
    command = shlex.join(["python", "-m", "bench.readers", *sys.argv[1:]])
    parts = [describe(command, VERSIONS), EXPLANATION]
    with tempfile.TemporaryDirectory(prefix="samprof-bench-") as folder:
        for millions in options.sizes:
            rounds = options.rounds or _usual_rounds(millions)
            parts.append(compare(Path(folder), round(millions * 1e6), rounds, options.seed))
    document = "\n".join(parts)
    print(document)
    return 1 if "failed: " in document else 0


def compare(folder: Path, events: int, rounds: int, seed: int) -> str:
    """One size: all readers on the same trace, round after round, as a section of markdown."""
    trace = folder / f"{events}.json.gz"
    _say(f"writing a trace of {events} events")
    truth = write_trace(trace, events, seed=seed)
    warm = folder / str(events) / trace.name
    warm.parent.mkdir()
    shutil.copy(trace, warm)
    absent = _absent(events) | _without_cache(warm)

    done: Rounds = []
    for number in range(rounds):
        order = [reader for reader in READERS if reader not in absent]
        random.Random(f"{seed} {events} {number}").shuffle(order)
        done.append({})
        for reader in order:
            path = warm if reader is CACHED else trace
            try:
                taken = measure(reader.program, path, reader.environment, TIMEOUT_S)
            except MeasureError as error:
                absent[reader] = f"failed: {error}"
                _say(f"{reader.title} {absent[reader]}")
                continue
            done[-1][reader] = taken
            mib = taken.peak_bytes / 2**20
            _say(
                f"round {number + 1} of {rounds}: {reader.title} {taken.seconds:.2f} s, {mib:.0f} MiB"
            )
    section = _heading(trace, truth, rounds, events) + table(done, absent)
    trace.unlink()
    shutil.rmtree(warm.parent)
    return section


def _absent(events: int) -> dict[Reader, str]:
    """The readers that are not measured at this size, and why."""
    absent = {}
    for reader in READERS:
        if reader.package and not installed_version(reader.package):
            absent[reader] = f"left out: {reader.package} is not installed"
        elif reader.too_slow and events > LARGE_EVENTS:
            absent[reader] = "left out: takes minutes, and 7 GB"
    return absent


def _without_cache(trace: Path) -> dict[Reader, str]:
    """Loads the trace once to write the cache; empty if there is one now."""
    try:
        measure(CACHED.program, trace, CACHED.environment, TIMEOUT_S)
    except MeasureError as error:
        return {CACHED: f"failed: {error}"}
    if len(list(trace.parent.iterdir())) > 1:
        return {}
    return {CACHED: "left out: this version writes no cache"}


def _heading(trace: Path, truth: Truth, rounds: int, events: int) -> str:
    packed = trace.stat().st_size
    with trace.open("rb") as file:
        file.seek(-4, os.SEEK_END)  # gzip ends with the uncompressed length
        plain = int.from_bytes(file.read(), "little")
    steps, often = _counted(truth.steps, "step"), _counted(rounds, "round")
    return (
        f"### {events / 1e6:g} million events\n\n"
        f"{truth.events:,} events, {truth.activities:,} device activities, {steps}; "
        f"{plain / 1e6:.0f} MB of JSON, {packed / 1e6:.1f} MB as gz; {often}.\n\n"
    )


def table(rounds: Rounds, absent: Mapping[Reader, str]) -> str:
    """Markdown: one row per reader; median (lowest to highest), ratios as medians over rounds."""
    rows = [
        "| | load, s | load and table, s | ratio to samprof | ratio to one process | peak memory, MiB |",
        "|---|---|---|---|---|---|",
    ]
    for reader in READERS:
        if reader in absent:
            rows.append(f"| {reader.title} | {absent[reader]} | | | | |")
            continue
        taken = [results[reader] for results in rounds]
        tables = [one.table_s for one in taken if one.table_s is not None]
        cells = [
            reader.title,
            _spread([one.load_s for one in taken]),
            _spread(tables) if tables else "makes none",
            *(_ratio(rounds, reader, base) for base in (SAMPROF, ONE_PROCESS)),
            _spread([one.peak_bytes / 2**20 for one in taken]),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _ratio(rounds: Rounds, reader: Reader, base: Reader) -> str:
    ratios = [
        results[reader].seconds / results[base].seconds
        for results in rounds
        if reader in results and base in results
    ]
    return _spread(ratios) if ratios and reader != base else "-"


def _spread(values: Sequence[float]) -> str:
    """Median, and lowest to highest where there are several."""
    middle = _digits(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({_digits(min(values))} to {_digits(max(values))})"


def _digits(value: float) -> str:
    """Three digits, no exponent."""
    return f"{value:.0f}" if value >= 99.95 else f"{value:#.3g}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _sizes(text: str) -> tuple[float, ...]:
    return tuple(float(size) for size in text.split(","))


def _usual_rounds(millions: float) -> int:
    return 5 if millions < 0.5 else 3 if millions < 2 else 1


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
