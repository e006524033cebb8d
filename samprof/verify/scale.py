"""How much a verification measures: on a GPU, and in a dry run on a CPU."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Scale:
    """The points of every group, the most important ones first.

    Attributes:
        main: the model of the points that are measured for one model only.
        blocks: how many blocks of every encoder to use; None is all.
        hard_case_blocks: how many blocks the encoders of hard cases have: two windowed and a global
            one, or fewer.
        models, precisions, batches: of the group conservation.
        repeated_sweeps: sweeps in one process, the last of which is checked.
        own_process_batches: batch sizes that are measured in a process of their own.
        steps: recorded forwards, after one that gets the profiler going.
        ground_truth: (model, precision, batch) of each point of the ground truth.
        ground_truth_rounds: forwards timed by events, and forwards recorded.
        profiler_overhead: (model, precision, batch) of each point of the profiler overhead.
        overhead_rounds, overhead_forwards: rounds over all profilers, and forwards in each visit.
        warm_rounds: rounds that do not count.
        points_per_side: of automatic masks.
        photo_size: height and width of the image that these are made of; None for an ordinary one.
        compile_backend: of torch.compile.
        oom_batch: a batch size that fits nowhere.
        peak_seconds: time for each peak.
        batching: (model, variant, batches) of the sweeps.
        speedup_batch: the batch size that is compared with batch 1.
        predict_models: models whose `SamPredictor` is taken apart.
        points_per_batch: points that automatic masks process at once.
        repeats: wall times per point, and as many recorded forwards.
        trace_batches: batch sizes of the traces that are left in the folder.
        time_factor: multiplies the expected seconds; 0 runs everything.
        seconds_per_image: model -> expected seconds per image in float32.
        seconds_per_point: expected seconds per point besides.
        hard_cases: names of the hard cases to run; None is all.
        shares: (group, weight) of the time, in the order in which the groups run.
    """

    main: str = "vit_b"
    blocks: int | None = None
    hard_case_blocks: int = 3
    models: tuple[str, ...] = ("vit_b", "vit_h", "vit_l")
    precisions: tuple[str, ...] = ("float32", "bfloat16", "tf32")
    batches: tuple[int, ...] = (1, 8, 32, 2, 4, 16)
    repeated_sweeps: int = 10
    own_process_batches: tuple[int, ...] = (1, 8)
    steps: int = 2
    ground_truth: tuple[tuple[str, str, int], ...] = (
        ("vit_b", "float32", 1),
        ("vit_b", "float32", 8),
        ("vit_b", "bfloat16", 8),
        ("vit_h", "float32", 1),
        ("vit_l", "bfloat16", 8),
        ("vit_b", "bfloat16", 1),
    )
    ground_truth_rounds: int = 7
    profiler_overhead: tuple[tuple[str, str, int], ...] = (
        ("vit_b", "float32", 1),
        ("vit_b", "float32", 8),
        ("vit_b", "bfloat16", 1),
    )
    overhead_rounds: int = 3
    overhead_forwards: int = 4
    warm_rounds: int = 1
    points_per_side: int = 16
    photo_size: tuple[int, int] | None = None
    compile_backend: str = "inductor"
    oom_batch: int = 256
    peak_seconds: float = 0.5
    batching: tuple[tuple[str, str, tuple[int, ...]], ...] = (
        ("vit_b", "eager", (1, 8, 2, 4, 16, 32)),
        ("vit_b", "bf16+sdpa", (1, 8, 32)),
        ("vit_h", "eager", (1, 8, 2, 4)),
        ("vit_l", "eager", (1, 8, 4)),
        ("vit_b", "bf16", (1, 8, 32)),
        ("vit_b", "sdpa", (1, 8)),
        ("vit_h", "bf16+sdpa", (1, 8, 32)),
        ("vit_b", "bf16+sdpa+compile", (1, 8)),
        ("vit_l", "bf16+sdpa", (1, 8)),
    )
    speedup_batch: int = 8
    predict_models: tuple[str, ...] = ("vit_b", "vit_h")
    points_per_batch: tuple[int, ...] = (128, 1024)
    repeats: int = 3
    trace_batches: tuple[int, ...] = (1, 8)
    time_factor: float = 1.0
    seconds_per_image: Mapping[str, float] = field(
        default_factory=lambda: {"vit_b": 0.03, "vit_l": 0.07, "vit_h": 0.13}
    )
    seconds_per_point: float = 1.5
    hard_cases: tuple[str, ...] | None = None
    shares: tuple[tuple[str, float], ...] = (
        ("ground truth", 7),
        ("hard cases", 30),
        ("conservation", 20),
        ("traces", 3),
        ("profiler overhead", 12),
        ("batching", 28),
    )


DRY = Scale(
    main="small",
    blocks=1,
    hard_case_blocks=1,
    models=("small",),
    precisions=("tf32", "bfloat16"),
    batches=(1,),
    repeated_sweeps=2,
    own_process_batches=(1,),
    steps=2,
    ground_truth=(("small", "float32", 1),),
    ground_truth_rounds=2,
    profiler_overhead=(("small", "float32", 1),),
    overhead_rounds=1,
    overhead_forwards=1,
    warm_rounds=0,
    points_per_side=2,
    photo_size=(96, 128),
    compile_backend="eager",
    oom_batch=10**9,
    peak_seconds=0.05,
    batching=(("small", "eager", (1, 2)), ("small", "sdpa", (1,))),
    speedup_batch=2,
    predict_models=("small",),
    points_per_batch=(),
    repeats=1,
    trace_batches=(1,),
    time_factor=0.0,
    seconds_per_image={},
    seconds_per_point=0.0,
)


def quick(scale: Scale) -> Scale:
    """What a user needs to trust the numbers: of everything the first, one graph and one backward."""
    return replace(
        scale,
        models=scale.models[:1],
        precisions=scale.precisions[:2],
        batches=scale.batches[:2],
        repeated_sweeps=min(scale.repeated_sweeps, 3),
        own_process_batches=(),
        ground_truth=scale.ground_truth[:2],
        ground_truth_rounds=min(scale.ground_truth_rounds, 5),
        profiler_overhead=scale.profiler_overhead[:1],
        overhead_rounds=min(scale.overhead_rounds, 2),
        hard_cases=("backward", "CUDA graph by hand"),
        shares=(
            ("ground truth", 20),
            ("hard cases", 15),
            ("conservation", 40),
            ("profiler overhead", 20),
        ),
    )
