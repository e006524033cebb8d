"""Automatic masks: what the decoder, filtering, NMS and RLE cost next to the encoder.

python examples/04_automatic_masks.py            # the small model, random weights, a made-up image
python examples/04_automatic_masks.py photos/    # a folder, as segment_anything's amg script takes it
"""

import sys

import samprof
from samprof.report.text.components import components_text
from samprof.sam.inputs.images import gather


def main(
    images: str | None = None, model: str = "small", directory: str = "runs/example-04"
) -> None:
    """Prints the components of all images together, and how many masks are left."""
    gathered = gather(images)
    if gathered.note:
        print(gathered.note)
    run = samprof.measure_workload(
        "amg",
        model=model,
        size=len(gathered.photos),
        images=images,
        points_per_side=8,
        points_per_batch=32,
        rounds=2,
        repeats=1,
        warmup=1,
        out=directory,
    )
    print(components_text({"": run.components()}, 100))
    print(run.points()["message"].iloc[0])
    print(*run.figures(f"{directory}/figures"), sep="\n")
    # Over the points per batch: samprof sweep --over points-per-batch --sizes 16,32,64,128


if __name__ == "__main__":
    main(*sys.argv[1:])
