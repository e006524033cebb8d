"""Where does the time of SamPredictor go, and what does asking all prompts at once change?

python examples/03_components.py                 # the small model, random weights, a made-up image
python examples/03_components.py photo.jpg vit_b # yours
"""

import sys

import numpy as np
from PIL import Image

import samprof


def main(
    image: str | None = None, model: str = "small", directory: str = "runs/example-03"
) -> None:
    """Profiles plain SAM code, then has samprof measure both modes side by side."""
    from segment_anything import SamPredictor

    sam = samprof.build_sam(model)
    predictor = SamPredictor(sam)
    photo = (Image.open(image) if image else Image.effect_noise((640, 480), 64)).convert("RGB")
    points = np.array([[0.3, 0.5], [0.5, 0.5], [0.7, 0.5]]) * photo.size

    # Any code that uses the model: its host functions are named as well, while this runs.
    predictor.set_image(np.asarray(photo))  # warm-up
    with samprof.profile(sam) as recording:
        predictor.set_image(np.asarray(photo))
        for point in points:
            predictor.predict(point_coords=point[None], point_labels=[1])
    print(samprof.text(recording, "components"))

    # The same question, measured in rounds, with and without the profiler.
    run = samprof.measure_workload(
        "predict", model=model, size=8, images=image, rounds=2, repeats=2, warmup=1, out=directory
    )
    print(samprof.text(run, "components"))
    for mode in run.variants():
        table = run.components(variant=mode).set_index("component")
        encoder = table.loc["image encoder", "share"]
        print(f"{mode}: the image encoder takes {encoder:.0%}")
    print(*run.figures(f"{directory}/figures"), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
