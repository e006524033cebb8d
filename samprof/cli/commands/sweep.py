"""`samprof sweep`: measures a model at several sizes, then answers."""

import argparse

from samprof.cli.limit_options import add_limit_arguments, check_limits, limits_of
from samprof.cli.measuring import (
    directory_of,
    engine_of,
    measure_all,
    say_failures,
    write_pages,
)
from samprof.cli.output import add_depth_argument, add_output_arguments, print_table
from samprof.cli.workload_options import (
    add_workload_arguments,
    default_over,
    plans_of,
    workload_recipe,
)
from samprof.sam.axes import AXES
from samprof.sam.catalogue import WORKLOADS
from samprof.sweeps.plan import Plan
from samprof.sweeps.run.run import Run
from samprof.sweeps.target import Recipe


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    sweep = parser.add_argument_group("sweep")
    sweep.add_argument(
        "--workload",
        metavar="NAME",
        help=f"what runs: {', '.join(WORKLOADS)} (default: encode, or what --over needs)",
    )
    sweep.add_argument(
        "--over", metavar="AXIS", help=f"what varies: {', '.join(AXES)} (default: batch-size)"
    )
    sweep.add_argument(
        "--batch-sizes",
        "--sizes",
        dest="sizes",
        metavar="N,N,...",
        help="the sizes on that axis (default for batch sizes: 1,2,4,8)",
    )
    add_workload_arguments(parser)
    add_limit_arguments(
        parser,
        "search for the largest batch that fits into this much memory, and recommend a batch size "
        "within it (2GB, 800MiB; free: what is free on the CUDA device)",
    )
    add_depth_argument(parser)
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Runs the sweep, prints the answer, writes tables, report and figures."""
    workload, over = default_over(options.workload, options.over)
    check_limits(options, over)
    recipe = workload_recipe(options, workload, over)
    sizes = options.sizes
    if sizes is None:
        sizes = ",".join(map(str, AXES[over].defaults))
    plans = plans_of(options, workload, recipe, over, sizes)
    special = [] if workload == "encode" else [workload]
    special += [] if over == WORKLOADS[workload].over[0] else [over]
    out = directory_of(options, plans[0], *special)
    run, failures = measure_all(options, recipe, plans, out)
    if not run.data.good_variants():
        return say_failures(options, out, failures)
    limits = limits_of(options, str(run.target.get("device", "")))
    sentences = _largest(run, options, recipe, plans, limits.memory_bytes)
    shown = Run(out, limits, plans[0].sizes)
    sentences += _others(run, shown)
    run = Run(out, limits) if limits else run

    def as_text(width: int | None) -> str:
        from samprof.report.text.run import run_text
        from samprof.report.text.table import wrapped

        text = run_text(shown.summary(), width, depth=options.depth)
        return "\n".join([text, *(wrapped(sentence, width) for sentence in sentences)])

    print_table(shown.scaling(), options, as_text, sentences)
    write_pages(run, out, options)
    return say_failures(options, out, failures)


def _others(run: Run, shown: Run) -> list[str]:
    """A sentence on the sizes that an earlier sweep left in the directory; none where there are none."""
    others = sorted(set(run.points()["size"]) - set(shown.points()["size"]))
    if not others:
        return []
    sizes = run.axis.pattern.format(", ".join(map(str, others)))
    return [f"The run also holds {sizes}, of earlier sweeps; samprof scaling {run.path} shows all."]


def _largest(
    run: Run,
    options: argparse.Namespace,
    recipe: Recipe,
    plans: list[Plan],
    limit_bytes: int | None,
) -> list[str]:
    """A sentence on the largest batch of each variant within the limit; none without a limit."""
    if limit_bytes is None:
        return []
    from samprof.cli.progress import print_search
    from samprof.sweeps.search.search_run import search_largest

    # Each try has a process of its own, even where the points were measured in this one.
    engine = engine_of(options, recipe, "ray" if options.engine == "ray" else "subprocess")
    found = search_largest(run, plans, engine, limit_bytes, print_search)
    return [
        found[plan.variant].text(plan.axis, plan.variant) for plan in plans if plan.variant in found
    ]
