"""How much the kit does: on a GPU, and in its dry form; and the limits it holds figures against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.gpu.check import Limit

EXACT = Limit(0, 0)


@dataclass(frozen=True, slots=True)
class Limits:
    """Where figures must lie; None where they are only shown.

    Attributes:
        books: nanoseconds by which sums may differ.
        proven: percent of block times whose queue was seen to be full.
        block_time: percent, median over blocks, samprof against events.
        forward_time: percent, of the whole forward.
        encoder_share: percent of the time of `SamPredictor` with one prompt.
        gain: images a second at the batch of gain over those at batch 1, eager float32.
        memory: bytes an image over the published ones, eager float32.
    """

    books: Limit
    proven: Limit
    block_time: Limit | None = None
    forward_time: Limit | None = None
    encoder_share: Limit | None = None
    gain: Limit | None = None
    memory: Limit | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """Points of every group, the most important first.

    Attributes:
        main: the model of the points that are taken once.
        blocks: keep only so many blocks of every encoder; None keeps all.
        cut: blocks that hard cases keep: two windowed ones and a global one, or fewer.
        models, modes, batches: of the conservation group.
        sweeps: sweeps in one process, of which the last is looked at.
        separate: batches measured in a process of their own.
        steps: recorded forwards, after one that gets the profiler going.
        truth: (model, mode, batch) of the ground truth.
        truth_rounds: forwards by events, and recorded.
        distortion: (model, mode, batch).
        rounds, forwards: of the distortion, rounds of all ways, and forwards a visit.
        prompts_side: points a side of automatic masks.
        compile_backend: of torch.compile.
        oom_batch: images that fit nowhere.
        peak_seconds: for each peak.
        founding: (model, variant, batches).
        gain_batch: compared with batch 1.
        components: models whose pipeline is taken apart.
        masks_at_once: points a batch of automatic masks.
        repeats: wall times a point, and as many recorded.
        traces: batches of the traces that are kept.
        warm_rounds: rounds that are not kept.
        cost: what expected seconds are multiplied with; 0 where everything is to run.
        guessed: model -> seconds an image in float32.
        fixed: seconds a point besides.
        shares: (group, weight) of the time, in running order.
    """

    main: str = "vit_b"
    blocks: int | None = None
    cut: int = 3
    models: tuple[str, ...] = ("vit_b", "vit_h", "vit_l")
    modes: tuple[str, ...] = ("float32", "bfloat16", "tf32")
    batches: tuple[int, ...] = (1, 8, 32, 2, 4, 16)
    sweeps: int = 10
    separate: tuple[int, ...] = (1, 8)
    steps: int = 2
    truth: tuple[tuple[str, str, int], ...] = (
        ("vit_b", "float32", 1),
        ("vit_b", "float32", 8),
        ("vit_b", "bfloat16", 8),
        ("vit_h", "float32", 1),
        ("vit_l", "bfloat16", 8),
        ("vit_b", "bfloat16", 1),
    )
    truth_rounds: int = 7
    distortion: tuple[tuple[str, str, int], ...] = (
        ("vit_b", "float32", 1),
        ("vit_b", "float32", 8),
        ("vit_b", "bfloat16", 1),
    )
    rounds: int = 3
    forwards: int = 4
    prompts_side: int = 16
    compile_backend: str = "inductor"
    oom_batch: int = 256
    peak_seconds: float = 0.5
    founding: tuple[tuple[str, str, tuple[int, ...]], ...] = (
        ("vit_b", "eager", (1, 8, 2, 4, 16, 32)),
        ("vit_b", "bf16+sdpa", (1, 8, 32)),
        ("vit_h", "eager", (1, 8, 2, 4)),
        ("vit_l", "eager", (1, 8, 4)),
        ("vit_b", "bf16", (1, 8, 32)),
        ("vit_b", "sdpa", (1, 8)),
        ("vit_h", "bf16+sdpa", (1, 8, 32)),
        ("vit_b", "compile", (1, 8)),
        ("vit_l", "bf16+sdpa", (1, 8)),
        ("vit_b", "bf16+sdpa+compile", (1, 8)),
    )
    gain_batch: int = 8
    components: tuple[str, ...] = ("vit_b", "vit_h")
    masks_at_once: tuple[int, ...] = (128, 1024)
    repeats: int = 3
    traces: tuple[int, ...] = (1, 8)
    guessed: Mapping[str, float] = field(
        default_factory=lambda: {"vit_b": 0.03, "vit_l": 0.07, "vit_h": 0.13}
    )
    fixed: float = 1.5
    warm_rounds: int = 1
    cost: float = 1.0
    shares: tuple[tuple[str, float], ...] = (
        ("conservation", 34),
        ("truth", 8),
        ("hard cases", 14),
        ("traces", 3),
        ("distortion", 9),
        ("founding", 32),
    )


DRY = Scale(
    main="small",
    blocks=1,
    cut=1,
    models=("small",),
    modes=("tf32", "bfloat16"),
    batches=(1,),
    sweeps=2,
    separate=(1,),
    steps=2,
    truth=(("small", "float32", 1),),
    truth_rounds=2,
    distortion=(("small", "float32", 1),),
    rounds=1,
    forwards=1,
    prompts_side=2,
    compile_backend="eager",
    oom_batch=10**9,
    peak_seconds=0.05,
    founding=(("small", "eager", (1, 2)), ("small", "sdpa", (1,))),
    gain_batch=2,
    components=("small",),
    masks_at_once=(),
    repeats=1,
    traces=(1,),
    guessed={},
    fixed=0.0,
    warm_rounds=0,
    cost=0.0,
)
LIMITS = Limits(
    books=EXACT,
    proven=Limit(low=50),
    block_time=Limit(0, 2),
    forward_time=Limit(0, 1),
    encoder_share=Limit(low=50),
    gain=Limit(0.8, 1.4),
    memory=Limit(0.5, 2),
)
DRY_LIMITS = Limits(books=EXACT, proven=Limit(low=50))
