"""What all groups of checks share: the device, models, recordings, time and results."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from samprof.record.device.peaks_cache import Peaks, cache_peaks
from samprof.record.peaks import measure_peaks
from samprof.record.profile import Profile
from samprof.sam.model.roles import describe
from samprof.sweeps.target import Target
from samprof.verify.budget import Budget
from samprof.verify.case import Case
from samprof.verify.check import Check
from samprof.verify.device import Cpu, tf32
from samprof.verify.estimates import TimeEstimates
from samprof.verify.limits import Limits
from samprof.verify.models import shorten, shortened
from samprof.verify.results import Results
from samprof.verify.scale import Scale

NEEDS_CUDA = "needs CUDA"


@dataclass
class VerifySession:
    """What a group of checks works with.

    Attributes:
        device: where the models run.
        scale: how much is measured.
        limits: where figures must lie.
        out: the folder of the results.
        budget: the time.
        results: what was found.
        compiler_missing: why torch.compile will not work on the device; empty where it will.
        broken: the error that made the device unusable in this process; empty while it is usable.
        group: the group that is running.
        clock: gives seconds that never decrease.
        estimates: how long measurements take.
    """

    device: Cpu
    scale: Scale
    limits: Limits
    out: Path
    budget: Budget
    results: Results
    compiler_missing: str = ""
    broken: str = ""
    group: str = ""
    clock: Callable[[], float] = time.monotonic
    estimates: TimeEstimates = field(init=False)
    _encoders: dict[tuple[str, str], Any] = field(default_factory=dict)
    _on_host: dict[str, Any] = field(default_factory=dict)
    _peaks: Peaks | None = None

    def __post_init__(self) -> None:
        scale = self.scale
        self.estimates = TimeEstimates(scale.seconds_per_image, scale.seconds_per_point)

    def add_details(self, what: str, figures: Any) -> None:
        """Puts the figures behind a check into the results."""
        self.results.details.setdefault(self.group, {})[what] = figures

    def peaks(self) -> Peaks:
        """The device's peaks, measured once and put into the cache where sweeps look."""
        if self._peaks is None:
            self._peaks = measure_peaks(self.device.torch_device, seconds=self.scale.peak_seconds)
            cache_peaks(self._peaks)
        return self._peaks

    def encoder(self, model: str, precision: str = "float32") -> nn.Module:
        """The model's image encoder on the device; shared between cases, so do not change it."""
        dtype = "float32" if precision == "tf32" else precision
        if (model, dtype) not in self._encoders:
            if dtype == "float32":
                made = self._built(model)
            else:
                made = copy.deepcopy(self.encoder(model)).to(getattr(torch, dtype))
            self._encoders[model, dtype] = made
        found: nn.Module = self._encoders[model, dtype]
        return found

    def own_encoder(self, model: str) -> Any:
        """A copy of the model's encoder that may be changed."""
        return copy.deepcopy(self.encoder(model))

    def only_encoder(self, model: str) -> Any:
        """A new copy of the model's encoder, with no other one left on the device beside it.

        For what measures memory: the originals wait on the host.
        """
        if model not in self._on_host:
            self._on_host[model] = self.encoder(model).to("cpu")
        self.free_encoders()
        return copy.deepcopy(self._on_host[model]).to(self.device.torch_device)

    def free_encoders(self) -> None:
        """Lets go of the encoders that cases share; whoever asks for one next builds it anew."""
        self._encoders.clear()
        self.device.release()

    def short_encoder(self) -> Any:
        """A copy of the main model's encoder with as few blocks as hard cases need."""
        return shorten(self.own_encoder(self.scale.main), self.scale.hard_case_blocks)

    def shortened(self, target: Target) -> Target:
        """The target, its encoder as short as `scale.blocks` says."""
        return target if self.scale.blocks is None else shortened(target, self.scale.blocks)

    def images(self, encoder: Any, batch: int) -> Tensor:
        """Random pixels `[B, 3, S, S]` in the encoder's dtype."""
        parameter = next(encoder.parameters())
        shape = (batch, 3, encoder.img_size, encoder.img_size)
        return torch.randn(shape, device=parameter.device, dtype=parameter.dtype)

    @contextmanager
    def precision(self, name: str) -> Iterator[None]:
        """Turns TF32 on or off as the precision says, and gradients off."""
        with tf32(name == "tf32"), torch.inference_mode():
            yield

    def profile(self, module: nn.Module, **options: Any) -> Profile:
        """The context manager that `samprof.profile` gives for the module."""
        return Profile(module, labels=describe(module), **options)

    def record(self, module: nn.Module, run: Callable[[], Any], **options: Any) -> Any:
        """A finished recording of `scale.steps` forwards, after one that gets the profiler going."""
        return self.record_steps(module, run, self.scale.steps, **options)

    def record_steps(
        self, module: nn.Module, run: Callable[[], Any], steps: int, **options: Any
    ) -> Any:
        """The same with a given number of steps after the first."""
        with self.profile(module, **options) as recording:
            for _ in range(steps + 1):
                run()
                self.device.synchronize()
                recording.step()
        return recording

    def timed_case(
        self,
        what: str,
        point: tuple[str, str, int],
        forwards: int,
        run: Callable[[], Iterable[Check]],
        extra_s: float = 0.0,
    ) -> Case:
        """A case whose time is estimated from earlier ones of the same model and precision.

        Args:
            what: its name.
            point: model, precision and batch size.
            forwards: how many it takes, those of `warm_up` included.
            run: does the measuring.
            extra_s: seconds that it takes beyond the forwards and the usual overhead.
        """
        model, precision, batch = point
        images, estimates = forwards * batch, self.estimates

        def learning() -> Iterator[Check]:
            start = self.clock()
            yield from run()
            took = self.clock() - start
            estimates.learn_overhead(took - extra_s - images * estimates.pace(model, precision))

        return Case(what, learning, lambda: estimates.expected(model, precision, images) + extra_s)

    def warm_up(self, encoder: Any, pixels: Tensor, model: str, precision: str) -> None:
        """Two forwards: the first pays for all that starts, the second tells what an image takes."""
        encoder(pixels)
        self.device.synchronize()
        start = self.clock()
        encoder(pixels)
        self.device.synchronize()
        self.estimates.learn(model, precision, len(pixels), self.clock() - start)

    def default_device(self) -> AbstractContextManager[Any]:
        """Makes tensors on the device where code names none; on the CPU nothing has to change."""
        return self.device.torch_device if self.device.is_gpu else nullcontext()

    def _built(self, model: str) -> Any:
        from samprof.sam.model.build import build_sam

        # Made on the device: drawing the random weights of vit_h on a CPU takes many seconds.
        with self.default_device():
            encoder = build_sam(model).image_encoder
        encoder = encoder.to(self.device.torch_device)
        return encoder if self.scale.blocks is None else shorten(encoder, self.scale.blocks)
