"""The most memory that a CUDA device gave out; 0 on other devices, which do not count it."""

import torch


def reset_peak(device: torch.device) -> None:
    """Begins to count anew."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)


def peak_bytes(device: torch.device) -> int:
    """The most that was allocated at once since then."""
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else 0
