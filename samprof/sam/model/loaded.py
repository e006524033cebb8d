"""The SAM model that a workload runs, loaded on its device, and the change into a variant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from samprof.sam.catalogue import AUTO
from samprof.sam.model import variants
from samprof.sam.model.build import build_sam, place, resolve_device
from samprof.sam.model.variant_names import captures, dtype_of, holds_memory, parse, tolerance
from samprof.sweeps.target import Change

if TYPE_CHECKING:
    from segment_anything.modeling import Sam


@dataclass(frozen=True)
class LoadedModel:
    """A model on its device.

    Attributes:
        sam: the model.
        label: its name in titles.
        has_weights: whether its weights come from a checkpoint; else they are random.
    """

    sam: Sam
    label: str
    has_weights: bool

    @property
    def device(self) -> torch.device:
        """The device of its parameters."""
        parameter: torch.Tensor = next(self.sam.parameters())
        return parameter.device

    @property
    def side(self) -> int:
        """Pixels per side of the images that its encoder takes."""
        return int(self.sam.image_encoder.img_size)

    def change(self, variant: str, result: Callable[..., Any] | None) -> Change | None:
        """The change that turns its image encoder into this variant; None for eager.

        Args:
            variant: a name as in `samprof.sam.model.variant_names`.
            result: what is compared before and after, called with a target's inputs.

        Raises:
            UsageError: unknown variant.
        """
        if not parse(variant):
            return None
        return Change(
            lambda: variants.apply(self.sam.image_encoder, variant),
            tolerance(variant),
            result,
            dtype_of(variant),
            holds_memory(variant),
            captures(variant),
        )


def load_model(
    model: str, checkpoint: str | None = None, device: str = AUTO, dtype: str = "float32"
) -> LoadedModel:
    """Builds the model and moves it to its device. Every workload takes these arguments.

    Args:
        model: vit_b, vit_l, vit_h or small; auto is vit_b on an accelerator and small on the CPU.
        checkpoint: the model's `.pth` file; None for random weights.
        device: auto, cpu, cuda, cuda:1 ...
        dtype: float32, bfloat16 or float16.

    Raises:
        ModelError: the model, checkpoint or device is not available.
    """
    if model == AUTO:
        model = "small" if resolve_device(device).type == "cpu" else "vit_b"
    sam: Any = place(build_sam(model, checkpoint), device, dtype)
    return LoadedModel(sam, model, checkpoint is not None)
