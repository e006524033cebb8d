"""Automatic masks: what the decoder, filtering, NMS and RLE cost next to the encoder.

python examples/04_automatic_masks.py            # the small model, random weights, a made-up image
python examples/04_automatic_masks.py photos/    # a folder, as segment_anything's amg script takes it
"""

import sys

import samprof


def main(
    images: str | None = None, model: str = "small", directory: str = "runs/example-04"
) -> None:
    """Prints the components of all images together, and how many masks are left."""
    run = samprof.measure_workload(
        "amg",
        model=model,
        images=images,
        points_per_side=8,
        points_per_batch=32,
        rounds=2,
        repeats=1,
        warmup=1,
        out=directory,
    )
    print(samprof.text(run, "components"))
    print(run.points()["message"].iloc[0])
    print(*run.figures(f"{directory}/figures"), sep="\n")
    # Over the points per batch: samprof sweep --over points-per-batch --sizes 16,32,64,128


if __name__ == "__main__":
    main(*sys.argv[1:])
