"""TensorBoard as a program that ends when its input does, and takes along all that it has started.

    python -m samprof.bridges.tensorboard_server LOGDIR HOST PORT

One line of JSON on stdout says where it answers, or why it does not. TensorBoard and its profiler plugin
start processes, threads that wait for these, and temporary files; a signal to TensorBoard alone leaves
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
    os.setsid()  # an interrupt on the terminal is for who started us
    scratch = tempfile.mkdtemp(prefix="samprof-tensorboard-")
    os.environ["TMPDIR"] = tempfile.tempdir = scratch
    try:
        answer = {"url": _launched(directory, host, port)}
    except Exception as error:  # whatever it is, the one who started us says it
        answer = {"error": " ".join(str(error).split()) or type(error).__name__}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    if "url" in answer:
        sys.stdin.buffer.read()
    shutil.rmtree(scratch, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _launched(directory: str, host: str, port: str) -> str:
    """The address of a TensorBoard that is now running."""
    from tensorboard import program  # type: ignore[import-untyped]

    server = program.TensorBoard()
    server.configure(argv=["tensorboard", "--logdir", directory, "--host", host, "--port", port])
    return str(server.launch())


if __name__ == "__main__":
    main(*sys.argv[1:])
