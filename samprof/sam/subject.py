"""The SAM model that a workload runs, and the change that makes it a variant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from samprof.sam import variants
from samprof.sam.models import build_sam, place, resolve_device
from samprof.sam.names import AUTO
from samprof.sweep.target import Change

if TYPE_CHECKING:
    from segment_anything.modeling import Sam


@dataclass(frozen=True)
class Subject:
    """A model on its device.

    Attributes:
        sam: the model.
        label: its name.
        has_weights: whether they come from a checkpoint; else they are random.
    """

    sam: Sam
    label: str
    has_weights: bool

    @property
    def device(self) -> torch.device:
        """Where it is."""
        parameter: torch.Tensor = next(self.sam.parameters())
        return parameter.device

    @property
    def side(self) -> int:
        """Pixels a side of the images that its encoder takes."""
        return int(self.sam.image_encoder.img_size)

    def change(self, variant: str, result: Callable[..., Any] | None) -> Change | None:
        """What makes its image encoder this variant; None for eager.

        Args:
            variant: see `samprof.sam.variants`.
            result: what is compared before and after, called with a target's inputs.

        Raises:
            UsageError: no such variant.
        """
        if not variants.parse(variant):
            return None
        return Change(
            lambda: variants.apply(self.sam.image_encoder, variant),
            variants.tolerance(variant),
            result,
        )


def subject(
    model: str, checkpoint: str | None = None, device: str = AUTO, dtype: str = "float32"
) -> Subject:
    """The model that the arguments ask for, which are those of every workload.

    Args:
        model: vit_b, vit_l, vit_h or small; auto is vit_b on an accelerator and small on the CPU.
        checkpoint: the model's `.pth` file; None for random weights.
        device: auto, cpu, cuda, cuda:1 ...
        dtype: float32, bfloat16 or float16.

    Raises:
        ModelError: the model, checkpoint or device cannot be had.
    """
    if model == AUTO:
        model = "small" if resolve_device(device).type == "cpu" else "vit_b"
    sam: Any = place(build_sam(model, checkpoint), device, dtype)
    return Subject(sam, model, checkpoint is not None)
