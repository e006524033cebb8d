"""Predictions against published numbers and real traces, each left out of what it is predicted from.

`python -m bench.predicted` fits the shares from the shared traces, predicts every number of
`published.csv` and every trace, and rewrites the tables in docs/predict.md, and `shares.json` and
`error.json` of samprof/prediction; `--check` changes nothing, and fails where they are not what it would
write.
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
from types import MethodType
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from samprof.analysis.statistics.expected_error import covering_factor
from samprof.files import copy_whole
from samprof.prediction.devices import Device, device_named
from samprof.prediction.predict import Forward, forward_ns, peak_bytes
from samprof.prediction.shares import Shares, fit_shares
from samprof.prediction.times import op_times
from samprof.prediction.work import UNKNOWN, work_of
from samprof.trace import load_trace

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "predict.md"
DATA = ROOT / "samprof" / "prediction"
TRACES = Path(os.environ.get("SAMPROF_SHARED_TRACES") or ROOT.parent / "shared" / "traces")
_LIST = Path(__file__).with_name("prediction_traces.json")
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
    listed: dict[str, list[str]] = json.loads(_LIST.read_text())
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
    for row in table.to_dict("records"):
        device, batch = device_named(row["device"]), int(row["batch"])
        others = [one for one in works if one[1].name != device.name]
        forward = _forward(row["model"], row["variant"], batch)
        times = [
            forward_ns(forward, device, shares) / batch / 1e6
            for shares in (everything, fit_shares(others))
        ]
        memory = peak_bytes(forward, device) / 2**20
        rows.append((*times, memory))
    table[["predicted", "others", "memory"]] = rows
    table["ratio"] = table["predicted"] / table["ms"]
    table["memory_ratio"] = table["memory"] / table["mib"]
    return table


def left_out_traces(works: Sequence[Work]) -> pd.DataFrame:
    """One row per trace and class of ops, predicted from traces of other programs.

    Returns:
        Columns trace, device, kind, measured_ns, predicted_ns, ratio; classes of less than 1 % of a
        trace are left out, and ops whose shapes are not known.
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
    for _, same in numbers.groupby(["device", "model", "variant"], sort=False):
        first, *larger = same.to_dict("records")
        for one in larger if first["batch"] == 1 else []:
            found, told = (first[name] / one[name] for name in ("predicted", "ms"))
            key = [one[name] for name in ("device", "model", "variant", "batch")]
            rows.append((*key, told, found, found / told))
    names = ["device", "model", "variant", "batch", "published", "predicted", "ratio"]
    return pd.DataFrame(rows, columns=names)


def error_of(numbers: pd.DataFrame) -> dict[str, Any]:
    """The factors within which numbers and speed-ups lay; see `ExpectedError`.

    And what compiled forwards took of the memory that is predicted of eager ones, least and most.
    """
    compiled = 1 / numbers["memory_ratio"][numbers["variant"].str.contains("compile")].dropna()
    return {
        "time": _up(covering_factor(numbers["ratio"].tolist(), 0.9)),
        "speedup": _up(covering_factor(speedups(numbers)["ratio"].tolist(), 0.95)),
        "compared": len(numbers),
        "compiled_memory": [float(np.floor(compiled.min() * 100) / 100), _up(compiled.max())],
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
        model: Any = transformers.Sam2VisionModel(config)
        model = model.to(torch.bfloat16).eval()
    for module in model.modules():
        if type(module).__name__ == "Sam2MultiScaleAttention":
            module.__dict__["forward"] = MethodType(_attention, module)

    def images(size: int) -> Arguments:
        return Arguments((torch.empty(size, 3, 1024, 1024, device="meta", dtype=torch.bfloat16),))

    return MetaModel(model, images, describe(model), "bfloat16", variant)


def _attention(self: Any, hidden_states: Any, **_: Any) -> Any:
    """Attention as in facebookresearch/sam2; Hugging Face's computes scores besides, and drops them."""
    from torch.nn import functional
    from transformers.models.sam2.modeling_sam2 import do_pool

    batch, height, width, _channels = hidden_states.shape
    heads = self.num_attention_heads
    qkv = self.qkv(hidden_states).reshape(batch, height * width, 3, heads, -1)
    query, key, value = qkv.unbind(2)
    if self.query_stride:
        query = do_pool(query.reshape(batch, height, width, -1), self.query_stride)
        height, width = query.shape[1:3]
        query = query.reshape(batch, height * width, heads, -1)
    parts = (part.transpose(1, 2) for part in (query, key, value))
    mixed = functional.scaled_dot_product_attention(*parts)
    return self.proj(mixed.transpose(1, 2).reshape(batch, height, width, -1))


def _page(numbers: pd.DataFrame, traces: pd.DataFrame, shares: Shares) -> str:
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{_tables(numbers, traces, shares)}{END}{after}"


def _tables(numbers: pd.DataFrame, traces: pd.DataFrame, shares: Shares) -> str:
    gains, error = speedups(numbers), error_of(numbers)
    memory = numbers[numbers["mib"].notna()]
    key = ["device", "model", "variant", "batch"]
    times = numbers.assign(others=numbers["others"] / numbers["ms"])
    by_kind = traces.groupby("kind")["ratio"]
    classes = pd.DataFrame(
        {
            "traces": by_kind.size(),
            "median ratio": by_kind.median(),
            "worst ratio": by_kind.agg(_worst),
        }
    )
    found = [(*name.split("/"), value) for name, value in shares.computing.items()]
    found += [(name, "bandwidth", value) for name, value in shares.moving.items()]
    return "".join(
        [
            "\n### Published times, ms per image\n\n",
            _markdown(times, ["source", *key, "ms", "predicted", "ratio", "others"]),
            f"\nOf {len(numbers)} numbers the median error is {_off(numbers['ratio'])}, 90 % lie within "
            f"{error['time']:.2f}x, the worst is {_worst(numbers['ratio']):.2f}.\n",
            "\n### Published speed-ups from batch 1\n\n",
            _markdown(gains, [*key, "published", "predicted", "ratio"]),
            f"\nOf {len(gains)} speed-ups the median error is {_off(gains['ratio'])}, 95 % lie within "
            f"{error['speedup']:.2f}x, the worst is {_worst(gains['ratio']):.2f}.\n",
            "\n### Published peak memory, MiB\n\n",
            _markdown(memory, [*key, "mib", "memory", "memory_ratio"]),
            "\n### Traces, by class of ops\n\nEach is predicted from traces of other programs.\n\n",
            _markdown(classes.reset_index(), ["kind", *classes.columns]),
            "\n### Shares that were fitted\n\n",
            _markdown(
                pd.DataFrame(found, columns=["class", "of", "share"]), ["class", "of", "share"]
            ),
            "\n",
        ]
    )


_HEADS = {
    "ms": "published",
    "mib": "published",
    "memory": "predicted",
    "memory_ratio": "ratio",
    "others": "ratio from other devices only",
    "kind": "class",
    "of": "of the peak of",
}


def _off(ratios: pd.Series) -> str:
    factor = float(np.exp(np.abs(np.log(ratios)).median()))
    return f"{factor - 1:.0%}"


def _worst(ratios: pd.Series) -> float:
    return float(ratios.iloc[int(np.abs(np.log(ratios.to_numpy())).argmax())])


def _markdown(table: pd.DataFrame, columns: Sequence[str]) -> str:
    heads = [_HEADS.get(name, name) for name in columns]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [
        f"| {' | '.join(_cell(name, row[name]) for name in columns)} |"
        for row in table[list(columns)].to_dict("records")
    ]
    return "\n".join(lines) + "\n"


def _cell(name: object, value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    is_ratio = name in ("ratio", "memory_ratio", "others", "share") or str(name).endswith(" ratio")
    decimals = 2 if is_ratio or value < 10 else 1 if value < 100 else 0
    return f"{value:.{decimals}f}"


def _json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
