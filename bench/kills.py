"""Kills a tiny sweep at random moments, and looks at what is left.

    python -m bench.kills --kills 200 --seed 1

SIGINT, SIGTERM and SIGKILL in turn; a sample in a forked child and one in a fresh process in turn. After
each kill: no process is left, no temporary folder, and the files can be read; the same command then
finishes, finished points are the same bytes as before, and what does not depend on time is as in a sweep
that nobody killed. Exits 1 if anything is not.

All processes are forked from this one, which has imported torch already: a sweep takes a second then.
"""

import argparse
import gc
import itertools
import os
import random
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

import samprof
from bench.kill_checks import Held, differences, left_over, points_held, steady_tables, unlike
from bench.killed_sweep import SIGNALS, Ended, apart, become_reaper, run_to_end, run_until_killed

ENGINES = ("fork", "subprocess")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="how many (default: 20)")
    parser.add_argument("--seed", type=int, default=0, help="of the moments (default: 0)")
    options = parser.parse_args()
    become_reaper()
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        code = _kill(Path(folder), options.kills, random.Random(options.seed))
    gc.unfreeze()
    return code


def _kill(folder: Path, kills: int, moments: random.Random) -> int:
    scratch = folder / "tmp"
    scratch.mkdir()
    os.environ["SAMPROF_MACHINE_STATE"] = "off"  # which samples count must not depend on other work
    os.environ["TMPDIR"] = tempfile.tempdir = str(scratch)
    whole, takes_s = {}, {}
    run_to_end(folder / "first", ENGINES[0])  # the only one that measures the peaks of the device
    for engine in ENGINES:
        began = time.monotonic()
        ended = run_to_end(folder / engine, engine)
        takes_s[engine] = time.monotonic() - began
        if ended.code:
            raise SystemExit(f"a sweep that nobody kills ends with {ended.code}: {ended.errors}")
        whole[engine] = apart(partial(_steady, folder / engine))
    counts: Counter[str] = Counter()
    findings = []
    for number in range(kills):
        name = list(SIGNALS)[number % len(SIGNALS)]
        engine = ENGINES[number % len(ENGINES)]
        for attempt in itertools.count():
            out = folder / f"run{number}-{attempt}"
            after_s = moments.uniform(0, takes_s[engine])
            killed = run_until_killed(out, engine, SIGNALS[name], after_s)
            if killed.was_killed:
                break
            takes_s[engine] *= 0.8  # it ended before: the machine is faster now
        found = [*_after_kill(killed, name), *left_over(scratch, out)]
        held = points_held(out)
        resumed = run_to_end(out, engine)
        found += [f"resuming ends with {resumed.code}: {resumed.errors}"] if resumed.code else []
        found += [*resumed.orphans, *left_over(scratch, out, finished=True)]
        if not resumed.code:
            found += apart(partial(_changes, held, whole[engine], out))
        counts[name] += 1
        counts["with finished points"] += any(point.is_finished for point in held)
        findings += [f"kill {number} ({name}, {engine}): {one}" for one in found]
        print(f"{number + 1} of {kills}", end="\r", file=sys.stderr)
    parts = ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))
    print(f"{kills} kills: {parts}; {len(findings)} findings")
    print(*findings, sep="\n")
    return 1 if findings else 0


def _steady(out: Path) -> dict[str, str]:
    return steady_tables(samprof.Run(out))


def _changes(held: list[Held], whole: dict[str, str], out: Path) -> list[str]:
    return [*unlike(held, out), *differences(whole, samprof.Run(out))]


def _after_kill(killed: Ended, name: str) -> list[str]:
    """What is wrong with how the sweep ended."""
    found = list(killed.orphans)
    if killed.code not in killed.expected:
        found.append(f"it ended with {killed.code}: {killed.errors}")
    if name != "KILL":
        lines = [line for line in killed.errors.splitlines() if line.startswith("samprof:")]
        if len(lines) != 1 or "Traceback" in killed.errors:
            found.append(f"it did not say one line: {killed.errors!r}")
    return found


if __name__ == "__main__":
    sys.exit(main())
