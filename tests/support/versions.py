"""Tests of what older versions of a package do not have."""

import pytest
import torch
from packaging.version import Version


def needs_torch(version: str) -> pytest.MarkDecorator:
    """A mark for a test of something that came with this version."""
    is_older = Version(torch.__version__) < Version(version)
    return pytest.mark.skipif(is_older, reason=f"torch {version} and newer")
