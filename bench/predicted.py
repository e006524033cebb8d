"""Predictions against published numbers and real traces, each left out of what it is predicted from.

`python -m bench.predicted` fits the shares from the shared traces, predicts every number of
`published.csv` and every trace, and rewrites the table in docs/predict.md, `shares.json` and `error.json`
of samprof/prediction; `--check` changes nothing, and fails where they are not what it would write.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from samprof.analysis.statistics.expected_error import covering_factor
from samprof.files import copy_whole
from samprof.prediction.devices import Device, device_named
from samprof.prediction.predict import Forward, forward_ns
from samprof.prediction.shares import Shares, fit_shares
from samprof.prediction.times import op_times
from samprof.prediction.work import UNKNOWN, work_of
from samprof.trace import load_trace

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "predict.md"
DATA = ROOT / "samprof" / "prediction"
TRACES = Path(os.environ.get("SAMPROF_SHARED_TRACES") or ROOT.parent / "shared" / "traces")
BEGIN, END = "<!-- begin: python -m bench.predicted -->\n", "<!-- end -->\n"
Work = tuple[pd.DataFrame, Device, dict[str, str]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail on a difference")
    options = parser.parse_args()
    if not TRACES.is_dir():
        print(f"no traces in {TRACES}; set SAMPROF_SHARED_TRACES to their folder", file=sys.stderr)
        return 2
    works = list(all_works())
    shares = fit_shares(works)
    numbers, traces = published(works), left_out_traces(works)
    written = {
        DATA / "shares.json": _json(msgspec.to_builtins(shares)),
        DATA / "error.json": _json(error_of(numbers)),
        PAGE: _page(numbers, traces, shares),
    }
    changed = [path for path, text in written.items() if path.read_text() != text]
    if options.check:
        for path in changed:
            print(f"{path.relative_to(ROOT)} is not what this would write", file=sys.stderr)
        return bool(changed)
    for path in changed:
        path.write_text(written[path])
    print(_tables(numbers, traces, shares))
    return 0


def all_works() -> Iterable[Work]:
    """The ops of each shared trace with their times; the traces are copied: nothing is cached there."""
    listed: dict[str, list[str]] = json.loads((Path(__file__).parent / "prediction_traces.json").read_text())
    with tempfile.TemporaryDirectory() as folder:
        for name, (device, program) in listed.items():
            path = Path(folder, name)
            copy_whole(TRACES / name, path)
            about = {"trace": name, "device": device, "program": program}
            yield work_of(load_trace(path)), device_named(device), about


def published(works: Sequence[Work]) -> pd.DataFrame:
    """One row per published number with what is predicted of it, from all traces and from others' only.

    Returns:
        The columns of published.csv, predicted (ms per image), ratio, others (predicted from traces of
        other devices; NaN where there are no others), memory (MiB), memory_ratio.
    """
    table = pd.read_csv(Path(__file__).parent / "published.csv")
    everything = fit_shares(works)
    rows = []
    for row in table.itertuples():
        device = device_named(row.device)
        others = [one for one in works if one[1].name != device.name]
        forward = _forward(row.model, row.variant, row.batch)
        times = [
            forward_ns(forward, device, shares) / row.batch / 1e6
            for shares in (everything, fit_shares(others))
        ]
        memory = forward.peak_memory_bytes / 2**20
        rows.append((*times, memory))
    table[["predicted", "others", "memory"]] = rows
    table["ratio"] = table["predicted"] / table["ms"]
    table["memory_ratio"] = table["memory"] / table["mib"]
    return table


def left_out_traces(works: Sequence[Work]) -> pd.DataFrame:
    """One row per trace and class of ops, predicted from traces of other programs.

    Returns:
        Columns trace, device, kind, measured_ns, predicted_ns, ratio; classes of less than 1 % of a trace
        are left out, and ops whose shapes are not known.
    """
    tables = []
    for work, device, about in works:
        shares = fit_shares([one for one in works if one[2]["program"] != about["program"]])
        ran = work[(work["time_ns"] > 0) & (work["kind"] != UNKNOWN) & (work["dtype"] != "")]
        times = op_times(ran, device, shares)["time_ns"]
        sums = pd.DataFrame({"measured_ns": ran["time_ns"], "predicted_ns": times})
        sums = sums.groupby(ran["kind"]).sum().reset_index()
        sums = sums[sums["measured_ns"] >= 0.01 * sums["measured_ns"].sum()]
        tables.append(sums.assign(trace=about["trace"], device=device.name))
    table = pd.concat(tables, ignore_index=True)
    return table.assign(ratio=table["predicted_ns"] / table["measured_ns"])


def speedups(numbers: pd.DataFrame) -> pd.DataFrame:
    """One row per published speed-up from batch 1 to another: predicted, published, ratio."""
    rows = []
    for key, same in numbers.groupby(["device", "model", "variant"], sort=False):
        if len(same) < 2 or same["batch"].iloc[0] != 1:
            continue
        first = same.iloc[0]
        for _, one in same.iloc[1:].iterrows():
            found = first["predicted"] / one["predicted"]
            told = first["ms"] / one["ms"]
            rows.append((*key, int(one["batch"]), told, found, found / told))
    names = ["device", "model", "variant", "batch", "published", "predicted", "ratio"]
    return pd.DataFrame(rows, columns=names)


def error_of(numbers: pd.DataFrame) -> dict[str, Any]:
    """The factors within which numbers and speed-ups lay; see `ExpectedError`."""
    return {
        "time": _up(covering_factor(numbers["ratio"].tolist(), 0.9)),
        "speedup": _up(covering_factor(speedups(numbers)["ratio"].tolist(), 0.95)),
        "compared": len(numbers),
    }


def _up(factor: float) -> float:
    """Two decimals, rounded up: what is covered stays covered."""
    return float(np.ceil(factor * 100) / 100)


@cache
def _forward(model: str, variant: str, batch: int) -> Forward:
    from samprof.prediction.meta_forwards import forwards_of
    from samprof.sam.predict import sam_on_meta

    found = _sam2(variant) if model == "sam2_b+" else sam_on_meta(model, variant, None)
    return next(iter(forwards_of([found], [batch])))


@cache
def _sam2(variant: str) -> Any:
    """SAM 2's encoder with Hiera-B+, as Hugging Face builds it, in bfloat16."""
    import torch
    import transformers

    from samprof.prediction.meta_forwards import MetaModel
    from samprof.sam.model.roles import describe
    from samprof.sweeps.inputs import Arguments

    trunk = transformers.Sam2HieraDetConfig(
        hidden_size=112,
        num_attention_heads=2,
        blocks_per_stage=[2, 3, 16, 3],
        embed_dim_per_stage=[112, 224, 448, 896],
        num_attention_heads_per_stage=[2, 4, 8, 16],
        window_size_per_stage=[8, 4, 14, 7],
        global_attention_blocks=[12, 16, 20],
        window_positional_embedding_background_size=[14, 14],
    )
    config = transformers.Sam2VisionConfig(
        backbone_config=trunk, backbone_channel_list=[896, 448, 224, 112]
    )
    with torch.device("meta"):
        model = transformers.Sam2VisionModel(config).to(torch.bfloat16).eval()

    def images(size: int) -> Arguments:
        return Arguments((torch.empty(size, 3, 1024, 1024, device="meta", dtype=torch.bfloat16),))

    return MetaModel(model, images, describe(model), "bfloat16", variant)


def _page(numbers: pd.DataFrame, traces: pd.DataFrame, shares: Shares) -> str:
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{_tables(numbers, traces, shares)}{END}{after}"


def _tables(numbers: pd.DataFrame, traces: pd.DataFrame, shares: Shares) -> str:
    ratios, gains = numbers["ratio"], speedups(numbers)
    error = error_of(numbers)
    memory = numbers[numbers["mib"].notna()]
    parts = [
        "\n### Published times, ms per image\n",
        _markdown(
            ("source", "device", "model", "variant", "batch", "published", "predicted", "ratio", "other devices only"),
            [
                (r.source, r.device, r.model, r.variant, r.batch, f"{r.ms:.4g}", f"{r.predicted:.4g}",
                 f"{r.ratio:.2f}", f"{r.others / r.ms:.2f}")
                for r in numbers.itertuples()
            ],
        ),
        f"\nOf {len(numbers)} numbers the median error is {_off(ratios)}, 90 % lie within "
        f"{error['time']:.2f}x, the worst is {_worst(ratios)}.\n",
        "\n### Published speed-ups from batch 1\n",
        _markdown(
            ("device", "model", "variant", "batch", "published", "predicted", "ratio"),
            [
                (r.device, r.model, r.variant, r.batch, f"{r.published:.3f}", f"{r.predicted:.3f}", f"{r.ratio:.2f}")
                for r in gains.itertuples()
            ],
        ),
        f"\nOf {len(gains)} speed-ups the median error is {_off(gains['ratio'])}, 95 % lie within "
        f"{error['speedup']:.2f}x, the worst is {_worst(gains['ratio'])}.\n",
        "\n### Published peak memory, MiB\n",
        _markdown(
            ("device", "model", "variant", "batch", "published", "predicted", "ratio"),
            [
                (r.device, r.model, r.variant, r.batch, f"{r.mib:.0f}", f"{r.memory:.0f}", f"{r.memory_ratio:.2f}")
                for r in memory.itertuples()
            ],
        ),
        "\n### Traces, by class of ops\n\nEach trace is predicted from traces of other programs.\n\n",
        _markdown(
            ("class", "traces", "median ratio", "worst ratio"),
            [
                (kind, len(same), f"{same['ratio'].median():.2f}", _worst(same["ratio"]))
                for kind, same in traces.groupby("kind", sort=True)
            ],
        ),
        "\n### Shares that were fitted\n\n",
        _markdown(
            ("class", "of the peak of", "share"),
            [
                *((*key.split("/"), f"{value:.2f}") for key, value in shares.computing.items()),
                *((key, "bandwidth", f"{value:.2f}") for key, value in shares.moving.items()),
            ],
        ),
        "\n",
    ]
    return "".join(parts)


def _off(ratios: pd.Series) -> str:
    factor = float(np.exp(np.abs(np.log(ratios)).median()))
    return f"{factor - 1:.0%}"


def _worst(ratios: pd.Series) -> str:
    return f"{ratios.iloc[int(np.abs(np.log(ratios.to_numpy())).argmax())]:.2f}"


def _markdown(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
