"""`samprof layers`: time by layer."""

import argparse

from samprof.cli.output import add_output_arguments, print_table
from samprof.cli.source import add_source_arguments, open_trace
from samprof.errors import TraceError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    add_source_arguments(parser)
    parser.add_argument("--depth", type=int, metavar="N", help="rows down to this depth")
    parser.add_argument(
        "--clock",
        choices=("auto", "device", "cpu"),
        default="auto",
        help="device time or CPU time (default: device where there is any)",
    )
    add_output_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Prints the layer table and the books."""
    trace = open_trace(options)
    if options.clock == "device" and not trace.has_device_time:
        remedy = "use --clock cpu, or record on a device"
        raise TraceError("layers", options.path, "the trace holds no device activity", remedy)
    table = trace.layers(options.by)
    shown = table if options.depth is None else table[table["depth"] <= options.depth]
    clock = trace.clock if options.clock == "auto" else options.clock

    def as_text(width: int) -> str:
        from samprof.report.text import check_text, layers_text, wrapped

        check = trace.check(options.by)
        books = wrapped(f"Books: {check_text(check.as_dict())}", width)
        text = layers_text(table, width, clock=clock, depth=options.depth)
        notes = "".join(wrapped(f"Note: {note}", width) for note in check.notes)
        return f"{text}\n{books}{notes}"

    print_table(shown, options, as_text)
    return 0
