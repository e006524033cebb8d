"""An encoder as a target that another process can make, and encoders with fewer blocks."""

from __future__ import annotations

from typing import Any

from samprof.sam.workloads.encode import encode
from samprof.sweeps.target import Target


def encoder(model: str, device: str, blocks: int | None) -> Target:
    """SAM's image encoder on a batch, with only its first blocks if a number is given."""
    target = encode(model, device=device)
    return target if blocks is None else shortened(target, blocks)


def shortened(target: Target, blocks: int) -> Target:
    """The same target, with only the first blocks of its encoder left."""
    module: Any = target.module
    shorten(getattr(module, "image_encoder", module), blocks)
    return target


def shorten(encoder: Any, blocks: int) -> Any:
    """The encoder itself, with only its first blocks left."""
    encoder.blocks = encoder.blocks[:blocks]
    return encoder
