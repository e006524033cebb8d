"""The step that all workloads share: a photo as the image encoder takes it."""

import torch

from samprof.sam.inputs.photo import Photo
from samprof.sam.model.loaded import LoadedModel


def preprocessed(loaded: LoadedModel, photo: Photo) -> torch.Tensor:
    """The photo resized, normalised and padded, `[1, 3, S, S]`, on the model's device."""
    from segment_anything.utils.transforms import ResizeLongestSide

    pixels = ResizeLongestSide(loaded.side).apply_image(photo.pixels)
    tensor = torch.as_tensor(pixels, device=loaded.device).permute(2, 0, 1)[None]
    prepared: torch.Tensor = loaded.sam.preprocess(tensor)
    return prepared
