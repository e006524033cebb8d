"""Traces that exist already, of several batch sizes: which layers scale? No sweep is needed.

python examples/10_scaling_of_my_traces.py           # records three with torch.profiler alone first
python examples/10_scaling_of_my_traces.py traces/   # yours: a folder, or files
"""

import sys
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

import samprof


def record(folder: Path) -> None:
    """Three traces as a colleague would send them: no line of samprof, but stacks and shapes."""
    encoder = samprof.build_sam("small").image_encoder
    folder.mkdir(parents=True, exist_ok=True)
    for batch in (1, 2, 4):
        images = torch.randn(batch, 3, encoder.img_size, encoder.img_size)
        with torch.inference_mode():
            encoder(images)  # warm-up
            with profile(
                activities=[ProfilerActivity.CPU], record_shapes=True, with_stack=True
            ) as trace:
                for _ in range(3):
                    encoder(images)
        trace.export_chrome_trace(str(folder / f"encoder_batch{batch}.json.gz"))


def main(directory: str = "runs/example-10", *traces: str) -> None:
    """Prints the scaling of all layers down to the blocks, and what the traces prove."""
    if not traces:
        record(Path(directory) / "traces")
        traces = (str(Path(directory) / "traces"),)
    run = samprof.scaling(traces)
    print(samprof.text(run, depth=1))
    print(f"The page: {run.report(Path(directory) / 'report.html')}")


if __name__ == "__main__":
    main(*(("runs/example-10", *sys.argv[1:]) if sys.argv[1:] else ()))
