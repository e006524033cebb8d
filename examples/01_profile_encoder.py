"""Record SAM's image encoder once, and see which layers the time goes to.

python examples/01_profile_encoder.py              # the small encoder, random weights
python examples/01_profile_encoder.py vit_b        # the real one; 20 to 40 s per image on a CPU
"""

import sys

import torch

import samprof


def main(model: str = "small", directory: str = "runs/example-01") -> None:
    """Prints the layer table of one forward, then what one block does inside."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    encoder = samprof.build_sam(model).image_encoder.to(device)
    images = torch.randn(1, 3, encoder.img_size, encoder.img_size, device=device)

    with torch.inference_mode():
        encoder(images)  # warm-up
        with samprof.profile(encoder) as recording:
            encoder(images)
        with samprof.profile(encoder.blocks[0], name="block", granularity="op") as inside:
            encoder(images)

    print(samprof.text(recording, depth=1))
    print(samprof.text(inside))

    layers, time_source = recording.layers(), recording.trace.time_source
    attention = layers[layers["role"].isin(["window attention", "global attention"])]
    total = layers[f"{time_source}_self_ns"].sum()
    print(f"Attention takes {attention[f'{time_source}_total_ns'].sum() / total:.0%} of the time.")
    print(f"For TensorBoard, HTA or Perfetto: {recording.save(directory)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
