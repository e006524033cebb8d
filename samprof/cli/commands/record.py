"""`samprof record`: records one model at one batch size; writes the trace."""

import argparse

from samprof.cli.model_options import add_granularity_argument, add_model_arguments, recipe_of
from samprof.cli.output import (
    add_depth_argument,
    add_output_arguments,
    for_programs,
    print_table,
    write_out,
)
from samprof.sweeps.plan import checked_count, checked_sizes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_model_arguments(parser)
    parser.add_argument(
        "--size",
        "--batch-size",
        dest="size",
        default="1",
        metavar="N",
        help="the batch size (default: 1)",
    )
    parser.add_argument(
        "--steps", type=int, default=3, metavar="N", help="forwards to record (default: 3)"
    )
    parser.add_argument(
        "--warmup",
        type=int,
        default=2,
        metavar="N",
        help="forwards before the recording (default: 2)",
    )
    add_granularity_argument(parser)
    add_depth_argument(parser)
    parser.add_argument(
        "-o", "--out", required=True, metavar="DIR", help="the directory to write the trace to"
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Records, prints the layer table, writes the trace."""
    (size,) = checked_sizes([options.size])
    steps = checked_count("steps", options.steps, 1)
    warmup = checked_count("warmup", options.warmup, 0)
    recipe = recipe_of(options)

    import torch

    from samprof.record.profile import Profile
    from samprof.sweeps.inputs import wrong_arguments_named

    target = recipe.make()
    profile = Profile(target.module, granularity=options.granularity, labels=target.labels)
    with torch.inference_mode():
        arguments = target.arguments(size)
        with wrong_arguments_named("record", target.module, arguments):
            for _ in range(warmup):
                arguments.call(target.module)
            with profile as recording:
                for _ in range(steps):
                    arguments.call(target.module)
                    recording.step()
    path = recording.save(options.out)
    trace = recording.trace

    def as_text(width: int | None) -> str:
        from samprof.report.text.layers import layers_text

        return layers_text(
            trace.layers(), width, time_source=trace.time_source, depth=options.depth
        )

    print_table(trace.layers(), options, as_text)
    if not for_programs(options):
        write_out(f"\nTrace: {path}\n")
    return 0
