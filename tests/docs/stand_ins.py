"""What the code of the documentation takes for granted: a model, images, runs, traces; all tiny."""

import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn

import samprof
from samprof.record.compiled import BACKEND, inductor
from samprof.record.device.environment import device_name
from samprof.record.device.peaks_cache import Peaks, cache_peaks
from samprof.sam.inputs.synthetic import synthetic
from samprof.testing import write_trace
from tests.docs.blocks import BLOCKS
from tests.support.calls import calls
from tests.support.paths import ROOT
from tests.support.tracefile import TraceFile

SIDE, WIDTH = 128, 32
SIZES = [1, 4, 8]


def tiny_sam(blocks: int = 2) -> nn.Module:
    """segment_anything's classes at 128 pixels: window blocks, and at last a global one."""
    from segment_anything.modeling import (
        ImageEncoderViT,
        MaskDecoder,
        PromptEncoder,
        Sam,
        TwoWayTransformer,
    )

    encoder = ImageEncoderViT(
        img_size=SIDE,
        embed_dim=WIDTH,
        depth=blocks,
        num_heads=2,
        out_chans=WIDTH,
        norm_layer=partial(nn.LayerNorm, eps=1e-6),
        use_rel_pos=True,
        window_size=7,
        global_attn_indexes=(blocks - 1,),
    )
    tokens = (SIDE // 16, SIDE // 16)
    transformer = TwoWayTransformer(depth=2, embedding_dim=WIDTH, num_heads=2, mlp_dim=64)
    sam: nn.Module = Sam(
        encoder,
        PromptEncoder(WIDTH, tokens, (SIDE, SIDE), 8),
        MaskDecoder(
            transformer_dim=WIDTH,
            transformer=transformer,
            iou_head_depth=2,
            iou_head_hidden_dim=WIDTH,
        ),
    )
    return sam.eval()


def tiny_hugging_face_sam() -> nn.Module:
    """`SamModel` with two blocks, 128 pixels a side."""
    from transformers import (
        SamConfig,
        SamMaskDecoderConfig,
        SamModel,
        SamPromptEncoderConfig,
        SamVisionConfig,
    )

    size = {"hidden_size": WIDTH, "image_size": SIDE, "patch_size": 16}
    vision = SamVisionConfig(
        num_hidden_layers=2,
        num_attention_heads=2,
        output_channels=WIDTH,
        window_size=7,
        global_attn_indexes=[1],
        num_pos_feats=WIDTH // 2,
        **size,
    )
    decoder = SamMaskDecoderConfig(
        hidden_size=WIDTH, mlp_dim=64, num_attention_heads=2, iou_head_hidden_dim=WIDTH
    )
    prompts = SamPromptEncoderConfig(mask_input_channels=8, **size)
    model: nn.Module = SamModel(
        SamConfig(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=decoder)
    )
    return model.eval()


def names_for_python(sam: nn.Module) -> dict[str, Any]:
    """What the Python blocks of a page find defined."""
    from segment_anything import SamPredictor
    from torch._dynamo.backends import registry

    if BACKEND not in torch._dynamo.list_backends(None):  # samprof is here, and not installed
        registry.register_backend(inductor, BACKEND)
    encoder = sam.get_submodule("image_encoder")
    with torch.inference_mode(), samprof.profile(encoder) as recording:
        encoder(torch.zeros(1, 3, SIDE, SIDE))
    return {
        "sam": sam,
        "model": encoder,
        "images": torch.randn(2, 3, SIDE, SIDE),
        "one_image": torch.randn(1, 3, SIDE, SIDE),
        "one_box": torch.tensor([[0.0, 0.0, SIDE / 2, SIDE / 2]]),
        "predictor": SamPredictor(sam),
        "photo": synthetic((96, 128), 0).pixels,
        "points": np.array([[64, 48]]),
        "labels": np.array([1]),
        "inputs": {
            "pixel_values": torch.randn(1, 3, SIDE, SIDE),
            "input_points": torch.full((1, 1, 1, 2), SIDE / 2),
        },
        "recording": recording,
        "run": samprof.load("runs/vit_b"),
    }


def prepare(folder: Path, sam: nn.Module) -> None:
    """Fills the folder that all code runs in with the files that the pages name."""
    write_trace(folder / "trace.json.gz", 4400)
    for seed, name in enumerate(("before", "after")):
        write_trace(folder / f"{name}.json.gz", 4400, seed=seed)
    (folder / "traces").mkdir()
    for rank in (0, 1):
        _rank(rank).write(folder / "traces" / f"rank{rank}.json.gz")
    (folder / "sizes").mkdir()
    for size in (1, 4):
        calls("module", [size]).write(folder / "sizes" / f"batch{size}.json.gz")
    (folder / "photos").mkdir()
    for name in ("grace_hopper.jpg", "other.jpg"):
        Image.fromarray(synthetic((96, 128), len(name)).pixels).save(folder / "photos" / name)
    for name in ("sam_vit_b_01ec64.pth", "sam_vit_h.pth"):
        torch.save(sam.state_dict(), folder / name)
    (factory,) = (block.text for block in BLOCKS if "def encoder() -> samprof.Target" in block.text)
    (folder / "my_models.py").write_text(factory)
    encoder, image = sam.get_submodule("image_encoder"), torch.randn(1, 3, SIDE, SIDE)
    first = folder / "runs" / "vit_b"
    for variant in ("eager", "sdpa"):
        # Only the names matter: a run with two variants, and enough samples for a gate.
        samprof.sweep(
            encoder, image, SIZES, rounds=4, repeats=1, warmup=1, out=first, variant=variant
        )
    for trace in first.rglob("*.json.gz"):
        shutil.copyfile(folder / "trace.json.gz", trace)  # of a device: kernels, HTA, timeline
    samprof.predict(encoder, "L40S", SIZES, inputs=image, out=folder / "runs" / "predicted-l40s")
    shutil.copytree(ROOT / "docs" / "data", folder / "docs" / "data")
    for name in ("runs/before", "runs/after", "runs/other", "runs/variants"):
        shutil.copytree(first, folder / name)


def keep_some_peaks() -> None:
    """So that `samprof doctor` need not measure, which takes seconds."""
    name = device_name(torch.device("cpu"))
    cache_peaks(Peaks(name, {"float32": 1e11}, 1e10, "2026-01-01", {}, "made up"))


def _rank(rank: int) -> TraceFile:
    """A rank's trace: a kernel in a layer."""
    world = {"rank": rank, "world_size": 2}
    file = TraceFile(metadata={"schemaVersion": 1, "distributedInfo": world})
    file.range("net", 1_000, 9_000)
    file.launch(1, 2_100)
    file.kernel(1, 5_000, 3_000 + rank)
    return file
