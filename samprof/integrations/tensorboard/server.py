"""A program that runs TensorBoard until its input ends, then ends it and all its processes.

    python -m samprof.integrations.tensorboard.server LOGDIR HOST PORT PLUGIN ALSO

PLUGIN is samprof's plugin, `module:class`, and ALSO a directory that it shows beside the log directory:
samprof's tab is there whether or not the installation tells TensorBoard of it.

One line of JSON on stdout has the address, or the error. TensorBoard and its profiler plugin start
processes, threads that wait for them, and temporary files; a signal to TensorBoard alone would leave
some of them behind.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any


def main(directory: str, host: str, port: str, plugin: str, also: str) -> None:
    """Serves the directory until the input ends."""
    os.setsid()  # Ctrl-C on the terminal is for the parent process
    scratch = tempfile.mkdtemp(prefix="samprof-tensorboard-")
    os.environ["TMPDIR"] = tempfile.tempdir = scratch
    try:
        answer = {"url": _launched(directory, host, port, _plugins(plugin, Path(also)))}
    except Exception as error:  # whatever it is, the parent process reports it
        answer = {"error": " ".join(str(error).split()) or type(error).__name__}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    if "url" in answer:
        sys.stdin.buffer.read()
    shutil.rmtree(scratch, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _launched(directory: str, host: str, port: str, plugins: list[Any]) -> str:
    """Starts TensorBoard; returns its address."""
    from tensorboard import program

    server = program.TensorBoard(plugins=plugins)
    server.configure(argv=["tensorboard", "--logdir", directory, "--host", host, "--port", port])
    return str(server.launch())


def _plugins(name: str, also: Path) -> list[Any]:
    """All that TensorBoard knows by itself, with samprof's showing the other directory, too."""
    from tensorboard import default
    from tensorboard.plugins import base_plugin

    module, _, attribute = name.partition(":")
    plugin = getattr(import_module(module), attribute)

    class Loader(base_plugin.TBLoader):  # type: ignore[misc]
        def load(self, context: base_plugin.TBContext) -> base_plugin.TBPlugin:
            return plugin(context, also)

    return [*(one for one in default.get_plugins() if one is not plugin), Loader()]


if __name__ == "__main__":
    main(*sys.argv[1:])
