"""Hard cases whose kernels no range can split: torch.compile, and CUDA graphs captured by hand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch

from samprof.trace import Trace
from samprof.verify.case import Case
from samprof.verify.check import Check, is_true
from samprof.verify.groups.hard.recorded import device_check, recorded
from samprof.verify.session import NEEDS_CUDA, VerifySession

_COMPILED, _GRAPH = "compiled region", "graph launch"
_COMPILING_S = 40.0


def cases(session: VerifySession) -> Iterator[Case]:
    """A graph, then the compiler in its default mode and in the mode that makes graphs."""
    cuda = "" if session.device.is_gpu else NEEDS_CUDA
    compiler = session.compiler_missing if session.scale.compile_backend == "inductor" else ""
    yield Case("CUDA graph by hand", lambda: _graph(session), lambda: 5.0, cuda)
    yield Case("torch.compile", lambda: _compiled(session, None), lambda: _COMPILING_S, compiler)
    mode = "reduce-overhead"
    yield Case(
        f"torch.compile, {mode}",
        lambda: _compiled(session, mode),
        lambda: _COMPILING_S,
        cuda or compiler,
    )


def noted(trace: Trace, what: str, word: str) -> Check:
    """Whether the note of a row contains the word."""
    notes = [note for note in trace.layers("samprof")["note"] if word in note]
    return is_true(what, true=bool(notes), note="; ".join(dict.fromkeys(notes))[:200])


def split(trace: Trace, what: str) -> Check:
    """Whether every graph launch is split by its capture; the note is the first reason why not."""
    reasons = [one.reason for one in trace.graphs()]
    left = [reason for reason in reasons if reason]
    whole = left[0] if left else "" if reasons else "no graph was launched"
    return is_true(what, true=not whole, note=whole)


def _graph(session: VerifySession) -> Iterator[Check]:
    """Captured in the first forward and replayed in a recording: first without one of the capture."""
    from samprof.sam.model import variants

    encoder = session.short_encoder()
    variants.apply(encoder, "cudagraph")
    pixels = session.images(encoder, 1)
    found, trace = recorded(session, "CUDA graph by hand", encoder, lambda: encoder(pixels))
    yield from found
    what = f"CUDA graph by hand: the note says {_GRAPH}"
    yield device_check(session, what, trace, partial(noted, word=_GRAPH))
    known = session.short_encoder()
    variants.apply(known, "cudagraph")
    label = "CUDA graph captured in a recording"
    with torch.inference_mode():
        capturing = session.record(known, lambda: known(pixels)).trace
    yield device_check(session, f"{label}: its replays are split by layer", capturing, split)
    found, trace = recorded(session, label, known, lambda: known(pixels))
    yield from found
    what = f"{label}: replays in a later recording are split by layer"
    yield device_check(session, what, trace, split)


def _compiled(session: VerifySession, mode: str | None) -> Iterator[Check]:
    label = "torch.compile" if mode is None else f"torch.compile, {mode}"
    encoder = session.short_encoder()
    pixels = session.images(encoder, 1)
    torch._dynamo.reset()
    compiled: Any = torch.compile(
        encoder, backend=session.scale.compile_backend, dynamic=False, mode=mode
    )

    def step() -> None:
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
        compiled(pixels)

    with torch.inference_mode():
        for _ in range(3):  # graphs are captured in the second forward
            step()
    found, trace = recorded(session, label, compiled, step)
    torch._dynamo.reset()
    yield from found
    yield noted(trace, f"{label}: the note says {_COMPILED}", _COMPILED)
    if mode is not None:
        yield noted(trace, f"{label}: the note says {_GRAPH}", _GRAPH)
