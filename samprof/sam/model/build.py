"""SAM models by name, with weights from a checkpoint or random ones."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from samprof.errors import MissingPackageError, ModelError, first_line
from samprof.sam.catalogue import DTYPES, MODELS

if TYPE_CHECKING:
    from segment_anything.modeling import Sam

_WIDTH_OF = {96: "small", 768: "vit_b", 1024: "vit_l", 1280: "vit_h"}
_RANDOM_SEED = 0


def build_sam(name: str, checkpoint: str | Path | None = None) -> Sam:
    """A `segment_anything` model in eval mode on the CPU, in float32.

    Args:
        name: vit_b, vit_l, vit_h, or small: the same classes at 512 pixels, 6 blocks of width 96
            and window 7. Its windows (25 per image) and their padding (35 x 35 for 32 x 32 tokens)
            are proportioned like those of the large models.
        checkpoint: a `.pth` file with the model's state dict; without it the weights are random,
            which changes the masks but not the time.

    Raises:
        ModelError: unknown name, unreadable checkpoint, or one of another model.
        MissingPackageError: segment_anything is not installed.
    """
    if name not in MODELS:
        remedy = f"use one of {', '.join(MODELS)}"
        raise ModelError("model", name, "unknown model", remedy)
    try:
        from segment_anything import sam_model_registry
    except ImportError as error:
        package = error.name or "segment_anything"
        raise MissingPackageError("model", package, "sam") from None
    torch.manual_seed(_RANDOM_SEED)
    sam = _build_small() if name == "small" else sam_model_registry[name]()
    if checkpoint is not None:
        _load_weights(sam, name, Path(checkpoint))
    return sam.eval()


def place(model: torch.nn.Module, device: str, dtype: str) -> torch.nn.Module:
    """The model moved to the device and converted.

    Raises:
        ModelError: no such device, an unknown dtype, or too little memory.
    """
    if dtype not in DTYPES:
        raise ModelError("model", dtype, "unknown dtype", f"use one of {', '.join(DTYPES)}")
    try:
        return model.to(device=resolve_device(device), dtype=getattr(torch, dtype))
    except torch.OutOfMemoryError:
        remedy = "use a smaller model or dtype, or free the device"
        raise ModelError("model", device, "not enough memory for the weights", remedy) from None


def resolve_device(device: str) -> torch.device:
    """The device of that name; `auto` is the GPU if there is one.

    Raises:
        ModelError: no such device here.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        wanted = torch.device(device)
        torch.empty(1, device=wanted)
    except Exception as error:  # each backend raises its own type
        cause = f"no such device here ({first_line(error)})"
        raise ModelError("device", device, cause, "use --device cpu or auto") from None
    return wanted


def _load_weights(sam: Any, name: str, checkpoint: Path) -> None:
    try:
        state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError("checkpoint", checkpoint, "no such file", "check the path") from None
    except Exception as error:  # the unpickler raises anything on broken bytes
        cause = f"not a PyTorch checkpoint ({first_line(error)})"
        raise ModelError("checkpoint", checkpoint, cause, "download it again") from None
    if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
        cause = "it holds no state dict"
        raise ModelError("checkpoint", checkpoint, cause, "give SAM's .pth file") from None
    try:
        sam.load_state_dict(state)
    except RuntimeError:
        other = _model_of(state)
        cause = f"its weights are not those of {name}"
        known = other is not None and other != name
        remedy = f"use --model {other}" if known else "give the checkpoint of this model"
        raise ModelError("checkpoint", checkpoint, cause, remedy) from None


def _model_of(state: dict[str, Any]) -> str | None:
    """Which model a state dict belongs to, by the width of its patch embedding."""
    bias = state.get("image_encoder.patch_embed.proj.bias")
    return _WIDTH_OF.get(bias.numel()) if isinstance(bias, torch.Tensor) else None


def _build_small() -> Sam:
    from segment_anything.modeling import (
        ImageEncoderViT,
        MaskDecoder,
        PromptEncoder,
        Sam,
        TwoWayTransformer,
    )

    size, patch, prompt_width = 512, 16, 64
    return Sam(
        image_encoder=ImageEncoderViT(
            depth=6,
            embed_dim=96,
            img_size=size,
            mlp_ratio=4,
            norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
            num_heads=4,
            patch_size=patch,
            qkv_bias=True,
            use_rel_pos=True,
            global_attn_indexes=(2, 5),
            window_size=7,
            out_chans=prompt_width,
        ),
        prompt_encoder=PromptEncoder(
            embed_dim=prompt_width,
            image_embedding_size=(size // patch, size // patch),
            input_image_size=(size, size),
            mask_in_chans=16,
        ),
        mask_decoder=MaskDecoder(
            num_multimask_outputs=3,
            transformer=TwoWayTransformer(
                depth=2, embedding_dim=prompt_width, mlp_dim=256, num_heads=4
            ),
            transformer_dim=prompt_width,
            iou_head_depth=3,
            iou_head_hidden_dim=prompt_width,
        ),
    )
