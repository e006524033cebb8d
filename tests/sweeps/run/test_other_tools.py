"""The traces of a run as HTA and the TensorBoard profiler plugin read them."""

import json
import subprocess
import sys
from pathlib import Path

import torch

import samprof
from tests.support.targets import WIDTH, Net

# In a program of its own: the plugin starts processes, HTA logs.
PROGRAM = """
import json, logging, sys

def main():
    folder = sys.argv[1]
    from torch_tb_profiler.io.cache import Cache
    from torch_tb_profiler.profiler import RunLoader
    run = RunLoader("b0002", folder, Cache()).load()
    views = {p.worker: [view.display_name for view in p.views] for p in run.profiles.values()}

    messages = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logging.getLogger("hta").addHandler(handler)
    from hta.trace_analysis import TraceAnalysis
    traces = TraceAnalysis(trace_dir=folder).t
    ranks = list(traces.get_all_traces())
    symbols = traces.symbol_table.get_sym_table()
    print(json.dumps({"views": views, "ranks": ranks, "messages": messages, "names": symbols}))

if __name__ == "__main__":
    main()
"""


def test_hta_and_the_tensorboard_plugin_open_a_point(tmp_path: Path) -> None:
    samprof.sweep(
        Net(), torch.ones(1, WIDTH), [2], rounds=1, repeats=2, out=tmp_path / "run", name="net"
    )
    program = tmp_path / "tools.py"
    program.write_text(PROGRAM)
    folder = tmp_path / "run" / "traces" / "b0002"
    done = subprocess.run(
        [sys.executable, str(program), str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["ranks"] == [0]
    assert not [text for text in found["messages"] if "distributedInfo" in text]
    assert "Trace" in found["views"]["rank0"]
    assert "Operator" in found["views"]["rank0"]
    assert "samprof:net.second" in found["names"]
