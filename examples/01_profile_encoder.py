"""Record SAM's image encoder once, and see which layers the time goes to.

python examples/01_profile_encoder.py              # the small encoder, random weights
python examples/01_profile_encoder.py vit_b        # the real one; 20 to 40 s per image on a CPU
"""

import sys

import torch

import samprof
from samprof.report.text.layers import layers_text
from samprof.sam.model.build import build_sam


def main(model: str = "small", directory: str = "runs/example-01") -> None:
    """Prints the layer table of one forward, then what one block does inside."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    encoder = build_sam(model).image_encoder.to(device)
    images = torch.randn(1, 3, encoder.img_size, encoder.img_size, device=device)

    with torch.inference_mode():
        encoder(images)  # warm-up
        with samprof.profile(encoder) as recording:
            encoder(images)
        with samprof.profile(encoder.blocks[0], name="block", granularity="op") as inside:
            encoder(images)

    time_source = recording.trace.time_source
    print(layers_text(recording.layers(), 100, time_source=time_source, depth=1))
    print(layers_text(inside.layers(), 100, time_source=time_source))

    layers = recording.layers()
    attention = layers[layers["role"].isin(["window attention", "global attention"])]
    total = layers[f"{time_source}_self_ns"].sum()
    print(f"Attention takes {attention[f'{time_source}_total_ns'].sum() / total:.0%} of the time.")
    exact = "exact" if recording.trace.check().ok else "NOT exact"
    print(f"Time accounting is {exact}.")
    print(f"For TensorBoard, HTA or Perfetto: {recording.save(directory)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
