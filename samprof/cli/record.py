"""`samprof record`: one model at one batch size into a trace."""

import argparse
import sys

from samprof.cli.model import add_model_arguments, recipe_of
from samprof.cli.output import add_output_arguments, for_programs, print_table
from samprof.sweep.plan import checked_batch_sizes, checked_count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_model_arguments(parser)
    parser.add_argument("--batch-size", default="1", metavar="B", help="default: 1")
    parser.add_argument("--steps", type=int, default=3, metavar="N", help="default: 3")
    parser.add_argument("--warmup", type=int, default=2, metavar="N", help="default: 2")
    parser.add_argument(
        "--granularity", default="block", help="block, layer or op (default: block)"
    )
    parser.add_argument("--depth", type=int, metavar="N", help="print rows down to this depth")
    parser.add_argument(
        "-o", "--out", required=True, metavar="DIR", help="where the trace is written"
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Records, prints the layer table, writes the trace."""
    (batch_size,) = checked_batch_sizes([options.batch_size])
    steps = checked_count("steps", options.steps, 1)
    warmup = checked_count("warmup", options.warmup, 0)
    recipe = recipe_of(options)

    import torch

    from samprof.record.profile import Profile

    target = recipe.make()
    profile = Profile(target.module, granularity=options.granularity, knowledge=target.knowledge)
    with torch.inference_mode():
        inputs = target.inputs(batch_size)
        for _ in range(warmup):
            target.module(*inputs)
        with profile as recording:
            for _ in range(steps):
                target.module(*inputs)
                recording.step()
    path = recording.save(options.out)
    trace = recording.trace

    def as_text(width: int | None) -> str:
        from samprof.report.text import layers_text

        return layers_text(trace.layers(), width, clock=trace.clock, depth=options.depth)

    print_table(trace.layers(), options, as_text)
    if not for_programs(options):
        sys.stdout.write(f"\nTrace: {path}\n")
    return 0
