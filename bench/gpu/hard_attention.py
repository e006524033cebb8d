"""Hard cases: each backend of scaled_dot_product_attention, and masks with their host work."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from bench.gpu.books import own_check
from bench.gpu.check import Check, Limit, failed, holds, not_run, shown, within
from bench.gpu.hard import recorded
from bench.gpu.kit import Case, Kit
from samprof.sweep.engines import Job, ThisProcess
from samprof.sweep.plan import Plan
from samprof.sweep.run import Run
from samprof.sweep.store import Store

_BACKENDS = ("MATH", "FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION")
_BATCH, _HEADS, _TOKENS, _WIDTH = 2, 4, 256, 64
_FLOPS = (
    4 * _BATCH * _HEADS * _TOKENS * _TOKENS * _WIDTH
)  # two products of 2 N N C operations a head
_HOST_PARTS = ("RLE", "mask upsampling", "filtering")


def cases(kit: Kit) -> Iterator[Case]:
    """One a backend, and one of automatic masks."""
    for backend in _BACKENDS:
        yield Case(
            f"SDPA {backend.lower()}",
            lambda backend=backend: _sdpa(kit, backend),  # type: ignore[misc]
            lambda: 2.0,
        )
    yield Case("automatic masks", lambda: _masks(kit), lambda: 10.0)


class Attention(nn.Module):
    """Nothing but the fused attention of its input with itself."""

    def forward(self, x: Tensor) -> Tensor:
        """The result, of the shape of `x`, `[B, heads, tokens, width]`."""
        return nn.functional.scaled_dot_product_attention(x, x, x)


def _sdpa(kit: Kit, backend: str) -> Iterator[Check]:
    """In bfloat16, without a mask: the only input that all backends take."""
    label, chosen = f"SDPA {backend.lower()}", getattr(SDPBackend, backend)
    attention = Attention()
    shape = (_BATCH, _HEADS, _TOKENS, _WIDTH)
    x = torch.randn(shape, device=kit.device.torch_device, dtype=torch.bfloat16)
    with sdpa_kernel([chosen]):
        try:
            with torch.inference_mode():
                attention(x)
        except RuntimeError as error:
            yield not_run(label, f"no such kernel here ({str(error).splitlines()[0][:80]})")
            return
        found, trace = recorded(kit, label, attention, lambda: attention(x), name="attention")
    yield from found
    row: Any = trace.layers("samprof").set_index("path").loc["attention"]
    # matrix_flops: the softmax of the plain backend counts operations that a fused one hides.
    a_call = int(row["matrix_flops"]) / int(row["calls"])
    yield within(f"{label}: FLOPs a call", a_call, Limit(_FLOPS, _FLOPS), "FLOP")


def _masks(kit: Kit) -> Iterator[Check]:
    """Automatic masks: the components, host work included, sum to the whole."""
    from samprof.sam.automatic import amg

    scale, label = kit.scale, "automatic masks"
    arguments: dict[str, Any] = {
        "model": scale.main,
        "device": kit.device.name,
        "points_per_side": scale.prompts_side,
    }
    plan = Plan(target=arguments, batch_sizes=(1,), repeats=1, warmup=0)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        engine = ThisProcess(lambda: kit.cut(amg(**arguments)))
        point = engine.measure(Job(plan, 1, out), lambda _: None)
        if point.status != "ok":
            yield failed(label, f"{point.status}: {point.message}")
            return
        Store(out).write_point(point)
        components = Run(out).components()
    yield from own_check(label, point.check)
    named = components.set_index("component")["host_ns"]
    kit.keep(label, {name: int(time) for name, time in named.items()})
    missing = [name for name in _HOST_PARTS if not named.get(name, 0)]
    yield holds(f"{label}: host work has its rows", true=not missing, note=", ".join(missing))
    off = abs(int(named.sum()) - point.recorded_wall_ns[-1]) / point.recorded_wall_ns[-1]
    yield shown(f"{label}: components against the wall", 100 * off, "%")
