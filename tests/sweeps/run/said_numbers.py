"""Every sentence of a verdict with the numbers that the run's own tables give for it."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import ttest_ind, ttest_rel

from samprof.analysis.verdict.verdict import Verdict
from samprof.sweeps.run.run import Run
from samprof.units import digits, memory_text, rate_text, time_text

SEEN = "In what was (?:measured|predicted)"
RATIO, TEXT, SIZE = r"([\d.]+)x", r"(.+?)", r"batch (\d+)"
AT = rf"{SIZE} runs at {RATIO}"
CI = r"95% CI ([\d.]+)-([\d.]+)"
Given = tuple[str, ...]
Check = Callable[[Run, Verdict, Given], Given]


def ratio(value: float) -> str:
    return f"{value:.2f}" if value < 10 else digits(value)


def points_of(run: Run) -> pd.DataFrame:
    return run.points().set_index("size")


def speedup_at(run: Run, size: str | int) -> Given:
    """A row of the table of points: speed-up and interval."""
    row = points_of(run).loc[int(size)]
    return tuple(ratio(row[f"speedup{end}"]) for end in ("", "_low", "_high"))


def _claim(run: Run, verdict: Verdict, said: Given) -> Given:
    last = max(size for size, row in points_of(run).iterrows() if row["status"] == "ok")
    size = int(said[1])
    assert verdict.claim == {"helps": "helps", "hurts": "hurts"}.get(said[0], "no gain")
    assert verdict.claim == "helps" or size == last
    return (
        said[0],
        said[1],
        speedup_at(run, size)[0],
        str(run.points()["size"].min()),
        *speedup_at(run, size)[1:],
    )


def _wide(run: Run, _: Verdict, said: Given) -> Given:
    row = points_of(run).loc[int(said[0])]
    table = points_of(run).query("status == 'ok'").iloc[1:]
    assert (
        row["speedup_high"] / row["speedup_low"]
        == (table["speedup_high"] / table["speedup_low"]).max()
    )
    return (said[0], *speedup_at(run, said[0])[1:], str(row["processes"]))


def _line(run: Run, _: Verdict, said: Given) -> Given:
    """A line through the times of each round by least squares on relative errors, then their mean."""
    samples = run.samples()
    timed = samples[samples["timed"] & samples["clean"] & (samples["status"] == "ok")]
    every = timed.pivot_table(index="round", columns="size", values="wall_ns")
    wide = every.dropna()
    if wide.empty:  # no round has all sizes: their means stand for one
        wide = np.exp(np.log(every).mean()).to_frame().T
    sizes = np.array(wide.columns, float)
    lines = []
    for row in wide.to_numpy():
        matrix = np.stack([1 / row, sizes / row], axis=1)
        lines.append(np.linalg.lstsq(matrix, np.ones(len(row)), rcond=None)[0])
    fixed, each = np.mean(lines, axis=0)
    if len(said) == 4:
        share = fixed / (fixed + each * sizes[0])
        return (
            time_text(round(fixed, 3)),
            time_text(round(each, 3)),
            f"{share:.0%}",
            str(int(sizes[0])),
        )
    assert fixed / (fixed + each * sizes[0]) < 0.01
    return ()


def _step(run: Run, _: Verdict, said: Given) -> Given:
    table = points_of(run).query("status == 'ok'")["speedup"]
    place = list(table.index).index(int(said[0]))
    change = table.iloc[place] / table.iloc[place - 1]
    assert change > 1.1 or change < 1 / 1.1
    return said


def _paging(run: Run, _: Verdict, said: Given) -> Given:
    table = points_of(run)
    row = table.loc[table["system_share"].idxmax()]
    return f"{row['system_share']:.0%}", f"{row['faults_per_unit']:,.0f}"


def _blame(run: Run, verdict: Verdict, said: Given) -> Given:
    roles = run.roles().set_index("path")
    share = roles["unit_ns_largest"] / roles["unit_ns_largest"].sum()
    assert {*roles.loc[list(verdict.blame), "class"]} <= {"loses", "no gain", "same"}
    parts = []
    for place, role in enumerate(verdict.blame):
        row = roles.loc[role]
        largest = run.layers()["size"].max()
        of_what = f" of the time per image at batch {largest}" if place == 0 else ""
        low, high = (ratio(row[f"speedup_{end}"]) for end in ("low", "high"))
        text = f"{role} ({share[role]:.0%}{of_what}, {ratio(row['speedup'])}x, 95% CI {low}-{high})"
        parts.append(text[0].upper() + text[1:] if place == 0 else text)
    return (_listed(parts),)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _limits(run: Run, verdict: Verdict, said: Given) -> Given:
    table = run.data.tables(None).role_roofline
    largest = table["size"].max()
    rows = table[table["size"] == largest].set_index("path").loc[list(verdict.blame)]
    near = {
        "compute": (
            "computes at {:.0%} of the peak: every image adds as many FLOPs",
            "flops_share",
        ),
        "memory": (
            "moves memory at {:.0%} of the peak: every image adds as many bytes",
            "bytes_share",
        ),
        "launch": ("waits for its launches {:.0%} of the time", "launch_gap_share"),
        "idle": ("leaves the device idle {:.0%} of the time", "gap_share"),
    }
    parts = [
        f"{role} {near[row['bound']][0].format(row[near[row['bound']][1]])}"
        for role, row in rows.iterrows()
        if row["bound"] in near
    ]
    far = rows[(rows["bound"] == "unknown") & rows["flops_share"].notna()]
    if len(far):
        names, (flops, moved) = list(far.index), far[["flops_share", "bytes_share"]].max()
        one = len(names) == 1
        parts.append(
            f"{_listed(names)} {'is' if one else 'are'} near neither peak ({'' if one else 'at most '}"
            f"{flops:.0%} of the FLOPs, {moved:.0%} of the bytes per second): "
            f"{'its' if one else 'their'} "
            f"{'kernels' if far['time_source'].iloc[0] == 'device' else 'ops'} do not use the device"
        )
    return str(largest), "; ".join(parts)


def _op(run: Run, _: Verdict, said: Given) -> Given:
    table = run.data.tables(None).op_changes.set_index(["role", "op"])
    sizes = [int(one) for one in (points_of(run).query("status == 'ok'").index[[0, -1]])]
    parts = []
    for role, op in re.findall(r"in (\S+), (aten::\w)", said[0][0].lower() + said[0][1:]):
        row = table.loc[role, op]
        parts.append(
            f"in {role}, {op} takes {time_text(row['unit_ns_largest'])} per image at batch {sizes[1]} "
            f"instead of {time_text(row['unit_ns_smallest'])} at batch {sizes[0]}"
        )
    text = "; ".join(parts)
    return (text[0].upper() + text[1:],)


def _potential(run: Run, verdict: Verdict, said: Given) -> Given:
    table = run.potential()
    table["most"] = table["fused_speedup"].fillna(table["most_speedup"])
    first = table.loc[table["most"].idxmax()]
    text = f"{first['role']} first: it takes {first['share']:.0%} of the time per image"
    if first["roof_speedup"] != first["roof_speedup"]:
        text += f", so making it faster can give at most {ratio(first['most'])}x"
    else:
        peaks = run.environment["peaks"]
        flops, moved = (
            rate_text(peaks["flops_per_s"]["float32"]),
            rate_text(peaks["bytes_per_s"], "B/s"),
        )
        text += f". At the device's peaks ({flops} and {moved}) its ops would give "
        text += f"{ratio(first['roof_speedup'])}x"
        if first["fused_speedup"] > 1.01 * first["roof_speedup"]:
            text += f", and fused, with less through memory, at most {ratio(first['most'])}x"
    longest = table.loc[table["share"].idxmax()]
    if longest["share"] > first["share"]:
        text += f"; the {longest['role']} takes more ({longest['share']:.0%}) and can give at most "
        text += f"{ratio(longest['most'])}x"
    if first["share"] >= 0.9:
        text += ". What is inside it, samprof shows with the granularity layer"
    return str(verdict.best_size), text


def _advice(run: Run, verdict: Verdict, said: Given) -> Given:
    row, table = points_of(run).loc[int(said[0])], points_of(run).query("status == 'ok'")
    assert verdict.recommended == int(said[0])
    text = f"{digits(row['units_per_s'])} images/s with {memory_text(row['peak_memory_bytes'])}"
    if verdict.claim == "helps":
        best = table["speedup"].max()
        enough = table.index[table["speedup"] * 1.05 >= best]
        assert int(said[0]) == enough[0] > table.index[0]
        text += ", the smallest within 5% of the best"
    else:
        assert int(said[0]) == table.index[0]
        text += ", since no larger one is proven to be faster"
    if int(said[0]) != table.index[-1]:
        text += (
            f" (batch {table.index[-1]} takes {memory_text(table['peak_memory_bytes'].iloc[-1])})"
        )
    oom = points_of(run).query("status == 'oom'").index
    text += f"; batch {oom[0]} did not fit in memory" if len(oom) else ""
    return said[0], text


def _seen(run: Run, verdict: Verdict, said: Given) -> Given:
    assert verdict.claim == "undecided"
    table = points_of(run).query("status == 'ok'")["speedup"]
    assert int(said[0]) == table.idxmax()
    return (said[0], ratio(table.max()), str(table.index[0]))[: len(said)]


def _one_size(run: Run, _: Verdict, said: Given) -> Given:
    (row,) = run.points().query("status == 'ok'").to_dict("records")
    return str(row["size"]), digits(row["units_per_s"])


def _doubts(run: Run, _: Verdict, said: Given) -> Given:
    table, found = points_of(run).query("status == 'ok'"), []
    overhead = table["profiler_overhead"]
    if overhead.min() < 0.8:
        found.append(
            f"at batch {overhead.idxmin()} forwards took {ratio(1 / overhead.min())}x as long without "
            "the profiler as with it: warm up more, or use a quieter machine"
        )
    if overhead.max() > 1.2:
        found.append(
            f"at batch {overhead.idxmax()} forwards took {ratio(overhead.max())}x as long with the "
            "profiler, and so did their layers"
        )
    spread = table["wall_iqr_ns"] / table["wall_ns"]
    if spread.max() > 0.2:
        found.append(
            f"the processes at batch {spread.idxmax()} differ by {spread.max():.0%} among themselves"
        )
    return ("; ".join(found),)


def _dropped(run: Run, _: Verdict, said: Given) -> Given:
    samples = run.samples()
    samples = samples[samples["status"] == "ok"]
    assert said[2] in set(samples.loc[~samples["clean"], "why"])
    return str(int((~samples["clean"]).sum())), str(len(run.samples())), said[2]


def _oom(run: Run, _: Verdict, said: Given) -> Given:
    return (str(points_of(run).query("status == 'oom'").index.min()),)


def _unjudged(run: Run, verdict: Verdict, said: Given) -> Given:
    assert not verdict.blame
    assert {*run.scaling()["class"], *run.roles()["class"]} == {"undecided"}
    assert run.scaling()["speedup_low"].isna().all()
    layers, largest = run.layers(), points_of(run).query("status == 'ok'").index[-1]
    return str(largest), *_recorded_whole(layers, largest), speedup_at(run, largest)[0]


def _recorded_whole(layers: pd.DataFrame, largest: int) -> Given:
    """The root's speed-up per unit with its interval: paired, or Welch's of two rounds."""
    root = layers[layers["path"] == "net"]
    wide = np.log(root.pivot_table(index="round", columns="size", values="time_ns"))
    first = wide.columns[0]
    before, after = wide[first], wide[largest] - np.log(largest / first)
    test = ttest_rel if len(wide) > 2 else partial(ttest_ind, equal_var=False)
    low, high = test(before, after).confidence_interval(0.95)
    return tuple(ratio(float(np.exp(one))) for one in ((before - after).mean(), low, high))


def _device(run: Run, verdict: Verdict, said: Given) -> Given:
    largest = points_of(run).query("status == 'ok'").index[-1]
    return str(largest), *_recorded_whole(run.layers(), largest)


def _energy(run: Run, verdict: Verdict, said: Given) -> Given:
    table = points_of(run).query("status == 'ok'")
    first, size = table.index[0], int(said[0])
    assert size == (verdict.best_size if verdict.best_size != first else table.index[-1])
    used = [
        (digits(table.loc[one, "energy_per_unit_j"]), digits(table.loc[one, "power_w"]))
        for one in (size, first)
    ]
    return (said[0], said[1], str(first), *said[3:-4], *used[0], *used[1])


def _few_rounds(run: Run, verdict: Verdict, said: Given) -> Given:
    assert set(run.scaling()["class"]) == {"undecided"}
    assert not verdict.blame
    return str(run.layers().groupby("size")["round"].nunique().min()), "3"


def _nothing(run: Run, verdict: Verdict, said: Given) -> Given:
    """A sentence without a number of a table."""
    del run, verdict
    return said


SENTENCES: dict[str, Check] = {
    rf"Batching (helps|hurts|brings no gain): {AT} the throughput of {SIZE} \({CI}\)\.": _claim,
    rf"Undecided, because the 95% interval of the speed-up at {SIZE} is "
    r"([\d.]+)-([\d.]+) after (\d+) rounds\.": _wide,
    rf"Undecided, because one process at {SIZE} gives no interval\.": _nothing,
    r"Undecided, because (foreign processes used 0\.70 of the CPU|the whole round .+)\.": _nothing,
    rf"The fit finds a fixed cost of {TEXT} per batch and {TEXT} per image: "
    rf"a larger batch can share (\d+%) of the time of {SIZE}\.": _line,
    r"The fit finds no fixed cost per batch\.": _line,
    rf"The time per image changes in one step, at {SIZE}\.": _step,
    r"No fixed cost per batch explains the times of all sizes\.": _nothing,
    r"Paging: the operating system spends (\d+%) of the time handing out memory anew "
    r"\(([\d,]+) page faults per image\)\.": _paging,
    r"To avoid it, install tcmalloc \(.*\.": _nothing,
    r"(.+) holds? it back\.": _blame,
    r"What limits them is unknown until samprof doctor has measured .+\.": _nothing,
    rf"At {SIZE}, (?!optimise)(.+)\.": _limits,
    r"(In \S+, aten::.+)\.": _op,
    rf"At {SIZE}, optimise the (.+)\.": _potential,
    rf"Run {SIZE}: (.+)\.": _advice,
    rf"{SEEN}, {SIZE} ran at {RATIO} the throughput of {SIZE}, which .+\.": _seen,
    rf"{SEEN}, {SIZE} was the fastest\.": _seen,
    r"One batch size only \((\d+): ([\d.]+) images/s\): nothing to compare\.": _one_size,
    r"Take this with care: (.+)\.": _doubts,
    r"(\d+) of (\d+) samples do not count, most because (.+)\.": _dropped,
    r"Batch (\d+) did not fit in memory\.": _oom,
    rf"No layer is judged, because under the profiler {SIZE} ran at {RATIO} \({CI}\), "
    rf"and without it at {RATIO}\.": _unjudged,
    r"No layer has a class: they were recorded in (\d) rounds, and a class takes (\d)\.": _few_rounds,
    rf"In the device's own time {AT} \({CI}\): the difference lies between .+\.": _device,
    rf"Batch (\d+) uses {RATIO} the energy per image of {SIZE}(?: \({CI}\))?: "
    rf"{TEXT} J at {TEXT} W instead of {TEXT} J at {TEXT} W\.": _energy,
}


def differing(run: Run) -> Iterator[tuple[str, Any, Any]]:
    """The sentences whose numbers are not those of the run's tables, with both; all are looked at."""
    verdict = run.verdict()
    for sentence in verdict.sentences:
        found = [(re.fullmatch(pattern, sentence), check) for pattern, check in SENTENCES.items()]
        known = [(match, check) for match, check in found if match]
        assert len(known) == 1, f"{len(known)} patterns know: {sentence}"
        match, check = known[0]
        expected = check(run, verdict, match.groups())
        if expected != match.groups():
            yield sentence, match.groups(), expected
