"""Small encoders and the variants that tests run on them."""

from typing import Any

import pytest
import torch
from segment_anything.modeling.image_encoder import ImageEncoderViT
from torch import Tensor, nn

FLOAT32 = ["sdpa", "channels-last", "sdpa+channels-last"]
SINGLE = ["bf16", "fp16", "sdpa", "channels-last"]
PAIRS = [
    "bf16+sdpa",
    "fp16+sdpa",
    "sdpa+channels-last",
    "bf16+channels-last",
    "fp16+channels-last",
    "bf16+sdpa+channels-last",
]
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def filled(encoder: nn.Module) -> Any:
    """The encoder with positions that matter: new ones are zero."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            if "rel_pos" in name or "pos_embed" in name:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)
    return encoder.eval()


def tiny(**settings: Any) -> Any:
    """Four by four tokens of width 16: a block with padded windows and a global one."""
    torch.manual_seed(0)
    sizes = {"img_size": 64, "embed_dim": 16, "depth": 2, "num_heads": 2, "out_chans": 8}
    windows = {"window_size": 3, "global_attn_indexes": (1,), "use_rel_pos": True}
    return filled(ImageEncoderViT(**{**sizes, **windows, **settings}))


def shortened(encoder: Any) -> Any:
    """The small encoder's first half: two blocks with windows and a global one."""
    encoder.blocks = encoder.blocks[:3]
    return encoder


def images(size: int, count: int = 1, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(2)).to(dtype)


def relative_error(output: Tensor, expected: Tensor) -> float:
    assert output.shape == expected.shape
    assert output.dtype == expected.dtype
    return float((output - expected).norm() / expected.norm())


def one_line(caught: pytest.ExceptionInfo[Any]) -> str:
    message = str(caught.value)
    assert "\n" not in message
    return message
