"""Automatic masks of a few images, as scripts/amg.py of segment_anything's repository makes them.

It knows nothing of samprof. The model is small and has random weights, the images are noise: nothing has
to be downloaded, and it runs in seconds on a CPU.
"""

import argparse
import csv
from functools import partial
from pathlib import Path

import numpy as np
import torch
from segment_anything import SamAutomaticMaskGenerator
from segment_anything.modeling import (
    ImageEncoderViT,
    MaskDecoder,
    PromptEncoder,
    Sam,
    TwoWayTransformer,
)


def small_sam(side: int = 256, width: int = 64) -> Sam:
    """The classes of segment_anything, for images of `side` pixels."""
    encoder = ImageEncoderViT(
        img_size=side,
        embed_dim=width,
        depth=4,
        num_heads=4,
        out_chans=width,
        norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        use_rel_pos=True,
        window_size=7,
        global_attn_indexes=(3,),
    )
    tokens = (side // 16, side // 16)
    transformer = TwoWayTransformer(depth=2, embedding_dim=width, num_heads=4, mlp_dim=128)
    decoder = MaskDecoder(transformer_dim=width, transformer=transformer, iou_head_hidden_dim=width)
    return Sam(encoder, PromptEncoder(width, tokens, (side, side), 16), decoder).eval()


def main() -> None:
    """Writes one table of masks per image."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True)
    parser.add_argument("--images", type=int, default=3)
    parser.add_argument("--points-per-side", type=int, default=4)
    args = parser.parse_args()

    torch.manual_seed(0)
    generator = SamAutomaticMaskGenerator(
        small_sam(),
        points_per_side=args.points_per_side,
        pred_iou_thresh=-9.0,
        stability_score_thresh=0.0,
    )
    output = Path(args.output)
    output.mkdir(parents=True, exist_ok=True)
    for number in range(args.images):
        image = np.random.default_rng(number).integers(0, 256, (192, 256, 3), np.uint8)
        masks = generator.generate(image)
        with (output / f"{number}.csv").open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["id", "area", "predicted_iou"])
            for index, mask in enumerate(masks):
                table.writerow([index, mask["area"], f"{mask['predicted_iou']:.3f}"])
        print(f"image {number}: {len(masks)} masks")


if __name__ == "__main__":
    main()
