"""A program that runs TensorBoard until its input ends, then ends it and all its processes.

    python -m samprof.integrations.tensorboard.server LOGDIR HOST PORT

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


def main(directory: str, host: str, port: str) -> None:
    """Serves the directory until the input ends."""
    os.setsid()  # Ctrl-C on the terminal is for the parent process
    scratch = tempfile.mkdtemp(prefix="samprof-tensorboard-")
    os.environ["TMPDIR"] = tempfile.tempdir = scratch
    try:
        answer = {"url": _launched(directory, host, port)}
    except Exception as error:  # whatever it is, the parent process reports it
        answer = {"error": " ".join(str(error).split()) or type(error).__name__}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    if "url" in answer:
        sys.stdin.buffer.read()
    shutil.rmtree(scratch, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _launched(directory: str, host: str, port: str) -> str:
    """Starts TensorBoard; returns its address."""
    from tensorboard import program  # type: ignore[import-untyped]

    server = program.TensorBoard()
    server.configure(argv=["tensorboard", "--logdir", directory, "--host", host, "--port", port])
    return str(server.launch())


if __name__ == "__main__":
    main(*sys.argv[1:])
