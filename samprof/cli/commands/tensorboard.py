"""`samprof tensorboard`: a run in TensorBoard."""

import argparse
import importlib.util

from samprof.cli.open_path import open_run
from samprof.cli.output import width, write_err, write_out

LOOPBACK = "127.0.0.1"
PLUGIN = "samprof.tensorboard_plugin:SamprofPlugin"
_PROFILER_PLUGIN = "torch_tb_profiler"
# samprof's tab first; and TensorBoard smooths curves, which is wrong for a handful of measured points.
_PAGE = "?smoothing=0#samprof&_smoothingWeight=0"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("path", help="a run directory")
    parser.add_argument(
        "--logdir",
        metavar="DIR",
        help="the log directory to write (default: tensorboard in the run directory)",
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="PORT", help="where to serve (default: a free port)"
    )
    parser.add_argument(
        "--host",
        default=LOOPBACK,
        metavar="HOST",
        help="the address to serve on (default: %(default)s, this machine only)",
    )
    parser.add_argument(
        "--no-serve", action="store_true", help="write the files and exit, without TensorBoard"
    )


def run(options: argparse.Namespace) -> int:
    """Writes the log directory and serves it until Ctrl-C."""
    from samprof.integrations.tensorboard.serving import checked_port, serving

    port = checked_port(options.port)
    found = open_run(options.path, "tensorboard")
    directory = found.tensorboard(options.logdir or found.path / "tensorboard")
    write_out(f"{directory}\n")
    if options.no_serve:
        return 0
    try:
        with serving(directory, options.host, port, plugin=PLUGIN, also=found.path) as server:
            address = f"{server.url}{_PAGE}"
            write_out(f"TensorBoard: {address}\n{_remark()}Press Ctrl-C to stop.\n")
            server.wait()
    except KeyboardInterrupt:
        write_err("\nsamprof: TensorBoard stopped\n")
        return 0
    write_err("samprof: TensorBoard stopped by itself\n")
    return 1


def _remark() -> str:
    """What the page does not tell by itself."""
    from samprof.report.text.table import wrapped

    text = "The tab SAMPROF shows runs and traces, and needs no internet."
    if importlib.util.find_spec(_PROFILER_PLUGIN) is not None:
        text += (
            " PYTORCH_PROFILER (torch-tb-profiler) loads its charts from the internet and stays empty "
            "without it."
        )
    hint = 'In SCALARS, untick "Ignore outliers": it cuts the ends off curves of a few points.'
    return wrapped(text, width()) + wrapped(hint, width())
