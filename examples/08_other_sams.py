"""Hugging Face's SAM and SAM 2 as they are: roles, scaling, and what happens inside an attention.

Small configurations with random weights, nothing is downloaded. Needs `pip install transformers`.

python examples/08_other_sams.py
"""

import sys

import torch
from torch import nn
from transformers import (
    Sam2Config,
    Sam2HieraDetConfig,
    Sam2Model,
    Sam2VisionConfig,
    SamConfig,
    SamModel,
    SamVisionConfig,
)

import samprof


def main(directory: str = "runs/example-08", *sizes: str) -> None:
    """Prints how SAM's layer classes scale, and what happens inside an attention of SAM 2."""
    sizes = [int(size) for size in sizes] or [1, 2, 4]
    encoder = sam().get_submodule("vision_encoder")
    run = samprof.sweep(encoder, torch.randn(1, 3, 256, 256), sizes, rounds=3, out=directory)
    print(samprof.text(run, "roles"))
    print(run.verdict())

    attention = sam2().get_submodule("vision_encoder.backbone.blocks.3.attn")
    tokens = torch.randn(1, 32, 32, 64)
    with torch.inference_mode():
        attention(tokens)  # warm-up
        with samprof.profile(attention, name="attention", granularity="op") as recording:
            attention(tokens)
    print(samprof.text(recording))
    layers = recording.layers()

    # transformers 5.23 computes the weights, then attends with one op that does not need them.
    ops = {f"attention.{name}()" for name in ("mul", "matmul", "softmax", "to")}
    unused = layers[layers["path"].isin(ops)]["cpu_total_ns"].sum()
    whole = layers["cpu_total_ns"].iloc[0]
    print(f"Weights that only an eager attention would use: {unused / whole:.0%} of this one.")


def sam() -> nn.Module:
    """`SamModel` with four blocks for images of 256 pixels a side."""
    vision = SamVisionConfig(
        hidden_size=64,
        num_hidden_layers=4,
        num_attention_heads=4,
        image_size=256,
        window_size=7,
        global_attn_indexes=[1, 3],
    )
    return SamModel(SamConfig(vision_config=vision)).eval()


def sam2() -> nn.Module:
    """`Sam2Model` with five blocks for images of 128 pixels a side."""
    trunk = Sam2HieraDetConfig(
        hidden_size=32,
        image_size=[128, 128],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[32, 64, 64, 128],
        num_attention_heads_per_stage=[1, 2, 2, 4],
        global_attention_blocks=[3],
    )
    vision = Sam2VisionConfig(backbone_config=trunk, backbone_channel_list=[128, 64, 64, 32])
    return Sam2Model(Sam2Config(vision_config=vision)).eval()


if __name__ == "__main__":
    main(*sys.argv[1:])
