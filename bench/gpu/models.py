"""A target that a process of its own can make: an encoder as the kit cuts it."""

from __future__ import annotations

from typing import Any

from samprof.sam.workloads import encode
from samprof.sweep.target import Target


def encoder(model: str, device: str, blocks: int | None) -> Target:
    """SAM's image encoder on a batch, with its first blocks only where so many are given."""
    target = encode(model, device=device)
    return target if blocks is None else cut(target, blocks)


def cut(target: Target, blocks: int) -> Target:
    """The same target, its encoder left with its first blocks."""
    module: Any = target.module
    shorten(getattr(module, "image_encoder", module), blocks)
    return target


def shorten(encoder: Any, blocks: int) -> Any:
    """The encoder itself, left with its first blocks."""
    encoder.blocks = encoder.blocks[:blocks]
    return encoder
