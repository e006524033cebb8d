"""Sweep an encoder over batch sizes in this process: does batching help, and which layers are to blame?

python examples/02_batch_scaling.py
"""

import sys

import torch

import samprof


def main(directory: str = "runs/example-02", *sizes: str) -> None:
    """Prints how the layer classes scale, then points, the scaling table and the verdict."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    encoder = samprof.build_sam("small").image_encoder.to(device)
    image = torch.randn(1, 3, encoder.img_size, encoder.img_size, device=device)

    # Run it again and nothing is measured twice: rounds in the directory count.
    sizes = [int(size) for size in sizes] or [1, 2, 4]
    run = samprof.sweep(encoder, image, sizes, rounds=3, repeats=2, warmup=1, out=directory)

    print(samprof.text(run, "roles"))
    print(samprof.text(run, depth=1))

    # Any later process reads the same answer from the directory.
    assert samprof.load(directory).scaling().equals(run.scaling())


if __name__ == "__main__":
    main(*sys.argv[1:])
