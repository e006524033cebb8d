"""Sweep an encoder over batch sizes in this process: does batching help, and which layers are to blame?

python examples/02_batch_scaling.py
"""

import sys

import torch

import samprof
from samprof.report.text.points import points_text
from samprof.report.text.scaling import scaling_text
from samprof.sam.model.build import build_sam


def main(directory: str = "runs/example-02", *sizes: str) -> None:
    """Prints the points, the scaling table down to the blocks, the layer classes and the verdict."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    encoder = build_sam("small").image_encoder.to(device)
    image = torch.randn(1, 3, encoder.img_size, encoder.img_size, device=device)

    # Run it again and nothing is measured twice: rounds in the directory count.
    sizes = [int(size) for size in sizes] or [1, 2, 4]
    run = samprof.sweep(encoder, image, sizes, rounds=3, repeats=2, warmup=1, out=directory)

    print(points_text(run.points(), 100))
    found = run.summary()
    print(scaling_text(found.scaling, found.times, 100, depth=1))
    print(scaling_text(found.roles, found.role_times, 100))
    print(run.verdict())

    # Any later process reads the same answer from the directory.
    assert samprof.load(directory).scaling().equals(run.scaling())


if __name__ == "__main__":
    main(*sys.argv[1:])
