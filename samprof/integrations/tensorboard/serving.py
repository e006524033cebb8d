"""TensorBoard, running while a with block is open."""

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

from samprof.errors import MissingPackageError, RunError, UsageError
from samprof.processes import end, start

_SERVER = "samprof.integrations.tensorboard.server"
ANY_PORT = 0
_PORTS = range(65536)


class Server:
    """A running TensorBoard.

    Attributes:
        url: its address.
    """

    def __init__(self, url: str, process: "Popen[bytes]") -> None:
        self.url = url
        self._process = process

    def wait(self) -> None:
        """Returns when TensorBoard ends, which it does not do by itself."""
        self._process.wait()


def checked_port(port: int) -> int:
    """The port, if there is one of this number.

    Raises:
        UsageError: there is none.
    """
    if port not in _PORTS:
        raise UsageError("tensorboard", f"--port {port}", "no such port", "give 0 to 65535")
    return port


@contextmanager
def serving(
    directory: Path, host: str, port: int = ANY_PORT, *, plugin: str, also: Path | None = None
) -> Iterator[Server]:
    """Runs TensorBoard on a log directory until the block, or this process, ends.

    Args:
        directory: the log directory.
        host: the interface to listen on.
        port: 0 picks a free one.
        plugin: samprof's own, `module:class`.
        also: another directory that its tab shows; None for the log directory alone.

    Raises:
        MissingPackageError: tensorboard is not installed.
        UsageError: no such host or port, or the port is taken.
        RunError: TensorBoard does not start.
    """
    if importlib.util.find_spec("tensorboard") is None:
        raise MissingPackageError("tensorboard", "tensorboard", "tensorboard")
    shown = str((directory if also is None else also).resolve())
    words = [str(directory.resolve()), host, str(checked_port(port)), plugin, shown]
    process = start(_SERVER, words)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        answer = json.loads(line) if line else {}
        if "error" in answer:
            remedy = "choose another --port or --host, or leave them out"
            raise UsageError("tensorboard", f"{host}:{port}", answer["error"], remedy)
        if "url" not in answer:
            remedy = f"look at what `tensorboard --logdir {directory}` says"
            raise RunError("tensorboard", directory, "TensorBoard ended while starting", remedy)
        yield Server(answer["url"], process)
    finally:
        _stop(process)


def _stop(process: "Popen[bytes]") -> None:
    """Closes the input, at which the server ends itself and its children; waits for that."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        process.wait(timeout=10)
    finally:
        end(process)
