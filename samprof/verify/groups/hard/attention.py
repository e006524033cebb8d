"""Hard cases: each backend of scaled_dot_product_attention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from samprof.verify.case import Case
from samprof.verify.check import Check, Limit, limited, not_run
from samprof.verify.groups.hard.recorded import recorded
from samprof.verify.session import VerifySession

_BACKENDS = ("MATH", "FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION")
_BATCH, _HEADS, _TOKENS, _WIDTH = 2, 4, 256, 64
_CALLS = 16  # per step: one lost kernel of a few must not be the whole step
# Two products per head, with 2 * tokens * tokens * width operations each.
_FLOPS = 4 * _BATCH * _HEADS * _TOKENS * _TOKENS * _WIDTH


def cases(session: VerifySession) -> Iterator[Case]:
    """One per backend."""
    for backend in _BACKENDS:
        yield Case(
            f"SDPA {backend.lower()}",
            lambda backend=backend: _sdpa(session, backend),  # type: ignore[misc]
            lambda: 2.0,
        )


class Attention(nn.Module):
    """Nothing but the fused attention of its input with itself."""

    def forward(self, x: Tensor) -> Tensor:
        """The result, of the shape of `x`, `[B, heads, tokens, width]`."""
        return nn.functional.scaled_dot_product_attention(x, x, x)


def _sdpa(session: VerifySession, backend: str) -> Iterator[Check]:
    """In bfloat16 and without a mask: the only input that all backends accept."""
    label, chosen = f"SDPA {backend.lower()}", getattr(SDPBackend, backend)
    attention = Attention()
    shape = (_BATCH, _HEADS, _TOKENS, _WIDTH)
    x = torch.randn(shape, device=session.device.torch_device, dtype=torch.bfloat16)
    with sdpa_kernel([chosen]):
        try:
            with torch.inference_mode():
                attention(x)
        except RuntimeError as error:
            yield not_run(label, f"no such kernel here ({str(error).splitlines()[0][:80]})")
            return

        def step() -> None:
            for _ in range(_CALLS):
                attention(x)

        found, trace = recorded(session, label, attention, step, name="attention")
    yield from found
    row: Any = trace.layers("samprof").set_index("path").loc["attention"]
    # matrix_flops, since only the plain backend shows the operations of its softmax.
    per_call = int(row["matrix_flops"]) / int(row["calls"])
    yield limited(f"{label}: FLOPs per call", per_call, Limit(_FLOPS, _FLOPS), "FLOP")
