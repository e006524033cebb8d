"""Models of other people, unmodified: what samprof says of each. Prints markdown.

    python -m bench.models                 # all that is installed; what is not is named
    python -m bench.models --only timm     # those of which name or package holds this

Installs and downloads nothing. Columns:
    rows        at granularity layer, of all modules that were called; all: none is missing
    results     the same as without recording
    FLOPs       of products, convolutions and attention, over what PyTorch's counter counts;
                and the ops whose FLOPs are unknown
    roles       at granularity block, rows whose role is known, of all
    components  without host work; those that are known, and how many modules stand for themselves
    sweep       sizes 1 and 2, one round
A second table is of pipelines: what people call around a model, from a photo to masks.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from bench.machine import describe
from bench.model_list import ENTRIES, Entry
from bench.model_pipelines import PIPELINES, Pipeline

if TYPE_CHECKING:
    import samprof

COLUMNS = ("model", "of", "rows", "results", "FLOPs", "roles", "components", "sweep")
OF_PIPELINES = ("pipeline", "of", "components", "other host work", "time accounting")
NO_COMPONENTS = ("other host work", "synchronisation waits", "device idle", "transfers")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", metavar="TEXT", help="in the name or the package")
    options = parser.parse_args()
    os.environ["SAMPROF_MACHINE_STATE"] = "off"  # nothing here is a time
    warnings.simplefilter("ignore")
    command = " ".join(["python", "-m", "bench.models", *sys.argv[1:]])
    print(describe(command, ("torch", "samprof")))
    _print_table(COLUMNS, ENTRIES, row_of, options.only)
    print()
    _print_table(OF_PIPELINES, PIPELINES, row_of_pipeline, options.only)


def _print_table(
    columns: Sequence[str], listed: Sequence[Any], row: Callable[[Any], list[str]], only: str
) -> None:
    print(_line(columns))
    print(_line(["---"] * len(columns)))
    for one in listed:
        if only in f"{one.name} {one.package}":
            print(_line(row(one)), flush=True)


def row_of(entry: Entry) -> list[str]:
    """The row of one model; of one that cannot be made, why not."""

    def found() -> list[str]:
        module, inputs = entry.make()
        # PyTorch's counter fails on a parameter's view that would need a gradient.
        return _found(module.eval().requires_grad_(requires_grad=False), inputs)

    return _row(entry.name, entry.package, found, len(COLUMNS))


def row_of_pipeline(pipeline: Pipeline) -> list[str]:
    """The row of one pipeline; of one that cannot be made, why not."""
    import torch

    def found() -> list[str]:
        subject, call = pipeline.make()
        with torch.inference_mode():
            recording, _ = _recorded(subject, "block", call)
        accounting = "exact" if recording.trace.check().ok else "fails"
        return [_components(recording), _other_host_work(recording), accounting]

    return _row(pipeline.name, pipeline.package, found, len(OF_PIPELINES))


def _row(name: str, package: str, found: Callable[[], list[str]], cells: int) -> list[str]:
    try:
        of = f"{package} {version(package)}"
    except PackageNotFoundError:
        return [name, package, "not installed", *[""] * (cells - 3)]
    try:
        return [name, of, *found()]
    except Exception as error:  # one that does not run here is no reason to leave out the others
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        return [name, of, why, *[""] * (cells - 3)]


def _found(module: Any, inputs: Any) -> list[str]:
    import torch

    from samprof.sweeps.inputs import arguments_of

    arguments = arguments_of(inputs)

    def call() -> Any:
        torch.manual_seed(0)
        with torch.inference_mode():
            return arguments.call(module)

    before = call()
    layers = _recorded(module, "layer", call)
    blocks = _recorded(module, "block", call)
    return [
        _rows(module, layers),
        "same" if _same(before, call()) and _same(before, layers[1]) else "differ",
        _flops(layers[0], call),
        _roles(blocks[0]),
        _components(blocks[0]),
        _sweep(module, inputs),
    ]


def _recorded(module: Any, granularity: Any, call: Any) -> tuple[samprof.Recording, Any]:
    import samprof

    with samprof.profile(module, granularity=granularity) as recording:
        result = call()
    return recording, result


def _rows(module: Any, recorded: tuple[samprof.Recording, Any]) -> str:
    """How many of the modules that are called have their row under their qualified name."""
    recording, _ = recorded
    paths = recording.layers()["path"].tolist()
    root = paths[0]
    names = {f"{root}.{name}".rstrip(".") for name, _ in module.named_modules()}
    known = [path for path in paths if path in names]
    accounted = recording.trace.check().ok
    return f"{len(known)}" if accounted else f"{len(known)}, time accounting fails"


def _same(a: Any, b: Any) -> bool:
    import torch
    from torch.utils import _pytree as pytree

    def tensors(value: Any) -> list[torch.Tensor]:
        value = dict(value) if hasattr(value, "items") else value
        return [one for one in pytree.tree_leaves(value) if isinstance(one, torch.Tensor)]

    pairs = list(zip(tensors(a), tensors(b), strict=True))
    return bool(pairs) and all(torch.equal(one, other) for one, other in pairs)


def _flops(recording: samprof.Recording, call: Any) -> str:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        call()
    root = recording.layers().iloc[0]
    total = counter.get_total_flops()
    ratio = f"{root['matrix_flops'] / total:.4g}" if total else f"{root['matrix_flops']:,} over 0"
    ops = recording.trace.ops()
    unknown = ops.loc[~ops["has_formula"].astype(bool), "op"]
    return "; ".join([ratio, *(f"{op} unknown" for op in unknown)])


def _roles(recording: samprof.Recording) -> str:
    layers = recording.layers()
    rows = layers[~layers["path"].isin(["(outside)", "(no launch)"])]
    return f"{int((rows['role'] != '').sum())} of {len(rows)}"


def _components(recording: samprof.Recording) -> str:
    found = set(recording.components()["component"]) - set(NO_COMPONENTS)
    modules = found & set(recording.layers()["path"])
    known = [one for one in recording.components()["component"] if one in found - modules]
    more = [f"{len(modules)} modules" if len(modules) > 1 else "1 module"] if modules else []
    return ", ".join([*known, *more])


def _other_host_work(recording: samprof.Recording) -> str:
    """Its part of the time of the step, which no component has."""
    share = recording.components().set_index("component")["share"]
    return f"{float(share['other host work']):.0%}"


def _sweep(module: Any, inputs: Any) -> str:
    import samprof

    with tempfile.TemporaryDirectory() as folder:
        run = samprof.sweep(module, inputs, [1, 2], rounds=1, repeats=1, warmup=0, out=folder)
        return "; ".join(f"{row.size} {row.status}" for row in run.points().itertuples())


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


if __name__ == "__main__":
    main()
