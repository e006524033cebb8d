"""The mask decoder as ONNX, as scripts/export_onnx_model.py of segment_anything's repository writes it.

It knows nothing of samprof. The model is small and has random weights: nothing has to be downloaded.
"""

import argparse
from pathlib import Path

import torch
from masks import small_sam
from segment_anything.utils.onnx import SamOnnxModel


def main() -> None:
    """Calls the model once, then exports it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", required=True)
    parser.add_argument("--opset", type=int, default=17)
    parser.add_argument("--return-single-mask", action="store_true")
    args = parser.parse_args()

    sam = small_sam()
    model = SamOnnxModel(model=sam, return_single_mask=args.return_single_mask)
    width, size = sam.prompt_encoder.embed_dim, sam.prompt_encoder.image_embedding_size
    inputs = {
        "image_embeddings": torch.randn(1, width, *size),
        "point_coords": torch.randint(0, 256, (1, 5, 2)).float(),
        "point_labels": torch.randint(0, 4, (1, 5)).float(),
        "mask_input": torch.randn(1, 1, *(4 * side for side in size)),
        "has_mask_input": torch.tensor([1.0]),
        "orig_im_size": torch.tensor([192.0, 256.0]),
    }
    model(**inputs)
    output = Path(args.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model,
        tuple(inputs.values()),
        str(output),
        input_names=list(inputs),
        output_names=["masks", "iou_predictions", "low_res_masks"],
        dynamic_axes={"point_coords": {1: "num_points"}, "point_labels": {1: "num_points"}},
        opset_version=args.opset,
        dynamo=False,
    )
    print(f"{output.name}: {output.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
