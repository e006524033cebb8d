"""One thread, a tiny SAM encoder, and a profiler that is off before and after every test."""

from collections.abc import Iterator

import pytest
import torch
from torch import nn

pytest.register_assert_rewrite(
    "tests.record.models", "tests.record.process", "tests.record.snapshot"
)

from tests.record.models import tiny_encoder  # noqa: E402
from tests.record.process import Programs  # noqa: E402


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def _the_profiler_is_off_afterwards() -> Iterator[None]:
    yield
    # The first knows a profiler of this thread only, the second is set by torch.profiler itself.
    if torch._C._autograd._profiler_enabled() or torch.autograd.profiler._is_profiler_enabled:
        torch._C._autograd._disable_profiler()
        torch.autograd.profiler._is_profiler_enabled = False
        pytest.fail("a profiler was still running after the test")


@pytest.fixture(scope="session")
def encoder() -> nn.Module:
    """SAM's encoder at 64 pixels: block 0 has windows of 3 in its 4 x 4 tokens, block 1 has none."""
    return tiny_encoder()


@pytest.fixture(scope="session")
def image() -> torch.Tensor:
    """One preprocessed image `[1, 3, 64, 64]`."""
    return torch.ones(1, 3, 64, 64)


@pytest.fixture
def x() -> torch.Tensor:
    """A batch `[1, 2]` for the modules of `tests.record.models`."""
    return torch.ones(1, 2)


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """Runs programs in processes of their own."""
    with Programs(tmp_path_factory.mktemp("programs")) as server:
        yield server
