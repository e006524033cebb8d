"""Where does the time of SamPredictor go, and what does asking all prompts at once change?

python examples/03_components.py                 # the small model, random weights, a made-up image
python examples/03_components.py photo.jpg vit_b # yours
"""

import sys

import samprof
from samprof.report.text.components import components_text
from samprof.sam.inputs.images import gather
from samprof.sam.model.build import build_sam


def main(
    image: str | None = None, model: str = "small", directory: str = "runs/example-03"
) -> None:
    """Profiles plain SAM code, then has samprof measure both modes side by side."""
    from segment_anything import SamPredictor

    sam = build_sam(model)
    predictor = SamPredictor(sam)
    photo = gather(image).photos[0]

    # Any code that uses the model: its host functions are named as well, while this runs.
    predictor.set_image(photo.pixels)  # warm-up
    with samprof.profile(sam) as recording:
        predictor.set_image(photo.pixels)
        for point in photo.points[:3]:
            predictor.predict(point_coords=point[None], point_labels=[1])
    print(components_text({"": recording.components()}, 100))

    # The same question, measured in rounds, with and without the profiler.
    run = samprof.measure_workload(
        "predict", model=model, size=8, images=image, rounds=2, repeats=2, warmup=1, out=directory
    )
    tables = {mode: run.components(variant=mode) for mode in run.variants()}
    print(components_text(tables, 100))
    for mode, table in tables.items():
        encoder = table.set_index("component").loc["image encoder", "share"]
        print(f"{mode}: the image encoder takes {encoder:.0%}")
    print(*run.figures(f"{directory}/figures"), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
