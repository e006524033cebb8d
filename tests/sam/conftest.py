"""The small model, built once: no test runs it."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn

from samprof.sam.model.build import build_sam


@pytest.fixture(scope="session")
def small() -> nn.Module:
    """SAM's classes at 512 pixels, with random weights."""
    sam: nn.Module = build_sam("small")
    return sam


@pytest.fixture
def unbuilt() -> Iterator[None]:
    """Modules made in the test have shapes and no storage: vit_b costs nothing."""
    with torch.device("meta"):
        yield
