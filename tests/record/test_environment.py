"""Where it ran: what can be read whatever else is set."""

import subprocess
import sys

import torch

from samprof.record.environment import uses_tf32

WAYS = {
    "": False,
    "matmul.allow_tf32 = True": True,
    "matmul.allow_tf32 = False": False,
    "matmul.fp32_precision = 'tf32'": True,
    "matmul.fp32_precision = 'ieee'": False,
    "torch.backends.fp32_precision = 'tf32'": True,
    "torch.set_float32_matmul_precision('high')": True,
}


def test_tf32_is_known_by_either_of_torchs_settings() -> None:
    # Each in a process of its own: torch refuses what mixes the two.
    program = (
        "import sys, torch\n"
        "from samprof.record.environment import uses_tf32\n"
        "import os\n"
        "matmul = torch.backends.cuda.matmul\n"
        "for number, way in enumerate(sys.argv[1:]):\n"
        "    if os.fork() == 0:\n"
        "        exec(way)\n"
        "        os._exit(uses_tf32())\n"
        "    print(os.waitstatus_to_exitcode(os.wait()[1]))\n"
    )
    ways = {
        way: answer
        for way, answer in WAYS.items()
        if "fp32_precision" not in way or hasattr(torch.backends.cuda.matmul, "fp32_precision")
    }
    done = subprocess.run(
        [sys.executable, "-c", program, *ways], capture_output=True, text=True, check=True
    )
    answers = [int(line) for line in done.stdout.split()]
    assert dict(zip(ways, answers, strict=True)) == {way: int(ways[way]) for way in ways}


def test_asking_changes_nothing() -> None:
    before = torch.get_float32_matmul_precision()
    uses_tf32()
    assert torch.get_float32_matmul_precision() == before
