"""What reading a trace costs: samprof and its peers side by side, from the file to the finished table.

Every measurement is a fresh process. The ways take turns in every round, in shuffled order, so that a
machine that slows down slows all of them; each ratio is the median over rounds of the ratio within a
round. Traces are made by `bench/traces.py` and removed afterwards. Progress goes to stderr, a markdown
document to stdout.

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

from bench._machine import describe, installed_version
from bench._measure import MeasureError, Measurement, measure
from bench.traces import Truth, write_trace

LIMIT_PROCESSES = "SAMPROF_READERS"
TIMEOUT_S = 1800
LARGE_EVENTS = 2_000_000
VERSIONS = (
    *("samprof", "numpy", "pandas", "msgspec", "isal", "pyarrow"),
    *("HolisticTraceAnalysis", "torch-tb-profiler", "orjson"),
)


@dataclass(frozen=True, slots=True)
class Way:
    """A row of the table.

    Attributes:
        title: what it is called there.
        program: its name in `bench/_ways.py`.
        package: what must be installed.
        environment: set in its process.
        too_slow: left out of large traces.
    """

    title: str
    program: str
    package: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    too_slow: bool = False


SAMPROF = Way("samprof", "samprof")
ONE_PROCESS = Way("samprof, one process", "samprof", environment={LIMIT_PROCESSES: "1"})
CACHED = Way("samprof, from its cache", "samprof_cached")
WAYS = (
    SAMPROF,
    ONE_PROCESS,
    CACHED,
    Way("HTA, kernel breakdown", "hta", "HolisticTraceAnalysis", too_slow=True),
    Way("torch-tb-profiler, its tables", "tensorboard", "torch-tb-profiler", too_slow=True),
    Way("orjson.loads, collector off", "orjson", "orjson"),
    Way("json.loads", "standard_json"),
)

EXPLANATION = f"""\
Every measurement is a fresh process; the time runs from before the first call of the library to the
finished table, with the file in the page cache. Imports are not counted for anyone: samprof's own,
which come when they are needed, are made beforehand. Ratios are taken within a round. Medians, with
the lowest and the highest. Memory is the most that the process and its children held at one time:
resident memory of one process, the sum of proportional shares of several, seen every 20 ms, and never
below the first process's own peak as the kernel kept it. HTA looks through the list of steps for every
event, so the traces have few. `{LIMIT_PROCESSES}=1` keeps samprof to
one process.
"""

Rounds = list[dict[Way, Measurement]]


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
    """One size: every way on the same trace, round after round, as a section of markdown."""
    trace = folder / f"{events}.json.gz"
    _say(f"writing a trace of {events} events")
    truth = write_trace(trace, events, seed=seed)
    warm = folder / str(events) / trace.name
    warm.parent.mkdir()
    shutil.copy(trace, warm)
    absent = _absent(events) | _without_cache(warm)

    done: Rounds = []
    for number in range(rounds):
        order = [way for way in WAYS if way not in absent]
        random.Random(f"{seed} {events} {number}").shuffle(order)
        done.append({})
        for way in order:
            path = warm if way is CACHED else trace
            try:
                taken = measure(way.program, path, way.environment, TIMEOUT_S)
            except MeasureError as error:
                absent[way] = f"failed: {error}"
                _say(f"{way.title} {absent[way]}")
                continue
            done[-1][way] = taken
            mib = taken.peak_bytes / 2**20
            _say(
                f"round {number + 1} of {rounds}: {way.title} {taken.seconds:.2f} s, {mib:.0f} MiB"
            )
    section = _heading(trace, truth, rounds, events) + table(done, absent)
    trace.unlink()
    shutil.rmtree(warm.parent)
    return section


def _absent(events: int) -> dict[Way, str]:
    """The ways that are not measured at this size, and why."""
    absent = {}
    for way in WAYS:
        if way.package and not installed_version(way.package):
            absent[way] = f"left out: {way.package} is not installed"
        elif way.too_slow and events > LARGE_EVENTS:
            absent[way] = "left out: takes minutes, and 7 GB"
    return absent


def _without_cache(trace: Path) -> dict[Way, str]:
    """Loads the trace once so that there is a cache; empty if there is one now."""
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
        file.seek(-4, os.SEEK_END)  # gzip ends with the length of what is in it
        plain = int.from_bytes(file.read(), "little")
    steps, often = _counted(truth.steps, "step"), _counted(rounds, "round")
    return (
        f"### {events / 1e6:g} million events\n\n"
        f"{truth.events:,} events, {truth.activities:,} device activities, {steps}; "
        f"{plain / 1e6:.0f} MB of JSON, {packed / 1e6:.1f} MB as gz; {often}.\n\n"
    )


def table(rounds: Rounds, absent: Mapping[Way, str]) -> str:
    """Markdown: one row a way; median (lowest to highest), ratios as medians over rounds."""
    rows = [
        "| | load, s | load and table, s | ratio to samprof | ratio to one process | peak memory, MiB |",
        "|---|---|---|---|---|---|",
    ]
    for way in WAYS:
        if way in absent:
            rows.append(f"| {way.title} | {absent[way]} | | | | |")
            continue
        taken = [results[way] for results in rounds]
        tables = [one.table_s for one in taken if one.table_s is not None]
        cells = [
            way.title,
            _spread([one.load_s for one in taken]),
            _spread(tables) if tables else "makes none",
            *(_ratio(rounds, way, base) for base in (SAMPROF, ONE_PROCESS)),
            _spread([one.peak_bytes / 2**20 for one in taken]),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _ratio(rounds: Rounds, way: Way, base: Way) -> str:
    ratios = [
        results[way].seconds / results[base].seconds
        for results in rounds
        if way in results and base in results
    ]
    return _spread(ratios) if ratios and way != base else "-"


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
