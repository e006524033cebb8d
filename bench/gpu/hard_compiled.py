"""Hard cases whose kernels no range can split: torch.compile, and CUDA graphs captured by hand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch

from bench.gpu.check import Check, holds
from bench.gpu.hard import promised, recorded
from bench.gpu.kit import NEEDS_CUDA, Case, Kit
from samprof.trace import Trace

_COMPILED, _GRAPH = "compiled region", "graph launch"
_COMPILING_S = 40.0


def cases(kit: Kit) -> Iterator[Case]:
    """A graph, then the compiler in its default mode and in the one that makes graphs."""
    cuda = "" if kit.device.is_gpu else NEEDS_CUDA
    compiler = _missing(kit)
    yield Case("CUDA graph by hand", lambda: _graph(kit), lambda: 5.0, cuda)
    yield Case("torch.compile", lambda: _compiled(kit, None), lambda: _COMPILING_S, compiler)
    mode = "reduce-overhead"
    yield Case(
        f"torch.compile, {mode}",
        lambda: _compiled(kit, mode),
        lambda: _COMPILING_S,
        cuda or compiler,
    )


def _missing(kit: Kit) -> str:
    """Why torch.compile will not work here; the dry backend needs no compiler."""
    from samprof.cli.doctor import what_is_missing

    if kit.scale.compile_backend != "inductor":
        return ""
    return what_is_missing(kit.device.torch_device)["torch.compile"]


def noted(trace: Trace, what: str, word: str) -> Check:
    """Whether a row's note has the word."""
    notes = [note for note in trace.layers("samprof")["note"] if word in note]
    return holds(what, true=bool(notes), note="; ".join(dict.fromkeys(notes))[:200])


def _graph(kit: Kit) -> Iterator[Check]:
    """Captured at the first forward, outside of the recording; replayed inside of it."""
    from samprof.sam import variants

    encoder = kit.fresh(kit.scale.main, kit.scale.cut)
    variants.apply(encoder, "cudagraph")
    pixels = kit.images(encoder, 1)
    found, trace = recorded(kit, "CUDA graph by hand", encoder, lambda: encoder(pixels))
    yield from found
    what = f"CUDA graph by hand: the note says {_GRAPH}"
    yield promised(kit, what, trace, partial(noted, word=_GRAPH))


def _compiled(kit: Kit, mode: str | None) -> Iterator[Check]:
    label = "torch.compile" if mode is None else f"torch.compile, {mode}"
    encoder = kit.fresh(kit.scale.main, kit.scale.cut)
    pixels = kit.images(encoder, 1)
    torch._dynamo.reset()
    compiled: Any = torch.compile(
        encoder, backend=kit.scale.compile_backend, dynamic=False, mode=mode
    )

    def step() -> None:
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        compiled(pixels)

    with torch.inference_mode():
        for _ in range(3):  # graphs are captured at the second forward
            step()
    found, trace = recorded(kit, label, compiled, step)
    torch._dynamo.reset()
    yield from found
    yield noted(trace, f"{label}: the note says {_COMPILED}", _COMPILED)
    if mode is not None:
        yield noted(trace, f"{label}: the note says {_GRAPH}", _GRAPH)
