"""Sweep an encoder over batch sizes in this process: does batching help, and which layers are to blame?

python examples/02_batch_scaling.py
"""

import sys

import torch

import samprof
from samprof.report.text import points_text, scaling_text
from samprof.sam.models import build_sam


def main(directory: str = "runs/example-02", *batch_sizes: str) -> None:
    """Prints points, the scaling table down to the blocks, layer classes and the verdict."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    encoder = build_sam("small").image_encoder.to(device)
    image = torch.randn(1, 3, encoder.img_size, encoder.img_size, device=device)

    # Run it again and nothing is measured twice: the directory keeps what is done.
    sizes = [int(size) for size in batch_sizes] or [1, 2, 4]
    run = samprof.sweep(encoder, image, sizes, repeats=3, warmup=1, out=directory)

    print(points_text(run.points(), 100))
    print(scaling_text(run.scaling(), 100, depth=1))
    print(scaling_text(run.roles(), 100))
    print(run.verdict())

    # Any later process reads the same answer from the directory.
    assert samprof.load(directory).scaling().equals(run.scaling())


if __name__ == "__main__":
    main(*sys.argv[1:])
