"""What a sweep runs: a module, its inputs for a batch size, and what is known of it."""

import torch

from samprof.sam.models import build_sam, place, resolve_device
from samprof.sam.names import AUTO
from samprof.sam.roles import describe
from samprof.sweep.target import Target

_SEED = 0


def encode(
    model: str, checkpoint: str | None = None, device: str = "auto", dtype: str = "float32"
) -> Target:
    """SAM's image encoder on a batch of preprocessed images `[B, 3, S, S]`.

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
    encoder = place(build_sam(model, checkpoint).image_encoder, device, dtype)
    size = int(encoder.img_size)  # type: ignore[arg-type]
    parameter = next(encoder.parameters())

    def images(batch_size: int) -> tuple[torch.Tensor, ...]:
        """Normalised pixels: `[B, 3, S, S]`, mean 0 and deviation 1."""
        generator = torch.Generator().manual_seed(_SEED)
        batch = torch.randn(batch_size, 3, size, size, generator=generator)
        return (batch.to(device=parameter.device, dtype=parameter.dtype),)

    return Target(encoder, images, describe(encoder), label=model)
