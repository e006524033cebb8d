"""`samprof predict`: what a model, or a recorded run, would take on a device that is not here."""

from __future__ import annotations

import argparse
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from samprof.analysis.scaling.variant import EAGER
from samprof.cli.limit_options import add_limit_arguments, limits_of
from samprof.cli.made_run import made_run, within
from samprof.cli.model_options import add_granularity_argument
from samprof.cli.output import add_output_arguments, print_table
from samprof.cli.part_options import add_part_arguments, part_shown
from samprof.errors import UsageError
from samprof.sam.catalogue import AUTO, DTYPES, MODELS

if TYPE_CHECKING:
    from samprof.sweeps.run.run import Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument(
        "run_path",
        nargs="?",
        metavar="RUN",
        help="a run directory of another device: all sizes that it recorded are predicted",
    )
    parser.add_argument(
        "--model",
        metavar="NAME",
        help=f"instead of a run, SAM's image encoder by shapes alone: {', '.join(MODELS)}",
    )
    parser.add_argument(
        "--device",
        metavar="NAME",
        help="a device by its datasheet: L4, L40S, A100, H100, H200, T4, RTX3090, RTX4090, ...; "
        "this: the GPU of this machine by its measured peaks",
    )
    parser.add_argument(
        "--devices", metavar="FILE", help="devices of your own, in the form of devices.toml"
    )
    parser.add_argument("--batch-sizes", metavar="LIST", help="of a model (default: 1,2,4,8,16)")
    parser.add_argument("--dtype", metavar="TYPE", help=f"{', '.join(DTYPES)} (default: float32)")
    parser.add_argument(
        "--variant",
        metavar="LIST",
        help="of a model: eager, sdpa, bf16, compile, bf16+sdpa+compile, ... (default: eager)",
    )
    parser.add_argument(
        "--table", action="store_true", help="show the table of devices, and nothing else"
    )
    add_granularity_argument(parser)
    add_part_arguments(parser)
    parser.add_argument("--out", metavar="DIR", help="make a run directory, which stays")
    add_limit_arguments(parser, "recommend a batch size within this much memory (2GB, 800MiB)")
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints points, scaling table and verdict of what was predicted."""
    if options.table:
        return _print_devices(options)
    limits = limits_of(options)
    with ExitStack() as scratch:
        found = within(_predicted(options, scratch), limits)
        shown = part_shown(found.scaling(), options)

        def as_text(width: int | None) -> str:
            from samprof.report.text.run import run_text

            return run_text(found.summary(), width, depth=options.depth, root=options.root)

        print_table(shown, options, as_text, found.verdict().sentences[:1])
    return 0


def _predicted(options: argparse.Namespace, scratch: ExitStack) -> Run:
    from samprof.api import predict
    from samprof.sweeps.plan import checked_size

    if options.device is None:
        cause, remedy = "no device is given", "give --device, such as L4 (--table shows all)"
        raise UsageError("predict", "arguments", cause, remedy)
    if (options.run_path is None) == (options.model is None):
        cause = "give a run or --model, one of the two"
        raise UsageError("predict", "arguments", cause, "such as --model vit_b")
    if options.model is not None and options.model not in (AUTO, *MODELS):
        remedy = f"use one of {', '.join(MODELS)}"
        raise UsageError("predict", f"--model {options.model}", "unknown model", remedy)
    if options.run_path is not None and options.variant is not None:
        cause = f"{options.run_path} is a run: all of its variants are predicted"
        raise UsageError("predict", f"--variant {options.variant}", cause, "leave it out")
    texts = options.batch_sizes
    sizes = None if texts is None else [checked_size(one, "predict") for one in texts.split(",")]
    return made_run(
        options,
        scratch,
        lambda out: predict(
            options.model or Path(options.run_path),
            options.device,
            sizes,
            variants=options.variant or EAGER,
            dtype=options.dtype,
            granularity=options.granularity,
            devices=options.devices,
            out=out,
        ),
    )


def _print_devices(options: argparse.Namespace) -> int:
    """Prints the table of devices."""
    from samprof.prediction.devices import devices, devices_table

    extra = Path(options.devices) if options.devices else None
    table = devices_table(devices(extra).values())

    def as_text(width: int | None) -> str:
        from samprof.report.text.devices import devices_text

        return devices_text(table, width)

    print_table(table, options, as_text)
    return 0
