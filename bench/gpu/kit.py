"""What all groups share: the device, models, time and results; and how their cases are run."""

from __future__ import annotations

import copy
import gc
import json
import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import samprof
from bench.gpu.budget import Budget, OutOfTime, Pace
from bench.gpu.check import Check, failed, not_run
from bench.gpu.device import Cpu, tf32
from bench.gpu.models import cut, shorten
from bench.gpu.scale import Limits, Scale
from samprof.files import written_whole
from samprof.sweep.measure import is_out_of_memory
from samprof.sweep.target import Target

TIME, NEEDS_CUDA = "time", "needs CUDA"


@dataclass(frozen=True, slots=True)
class Case:
    """A part of a group that runs, fails or is left out on its own.

    Attributes:
        what: its name where it gives no checks.
        run: does the work; its checks are told as they come.
        seconds: what it will probably take.
        lacking: why it cannot run here; empty where it can.
    """

    what: str
    run: Callable[[], Iterable[Check]]
    seconds: Callable[[], float] = lambda: 0.0
    lacking: str = ""


@dataclass
class Results:
    """Everything found so far, and its file.

    Attributes:
        path: results.json, written whole after every case.
        about: how it was run, and where.
        checks: in the order in which they ran.
        details: group -> what -> figures behind the checks.
    """

    path: Path
    about: dict[str, Any]
    checks: list[Check] = field(default_factory=list)
    details: dict[str, dict[str, Any]] = field(default_factory=dict)

    def write(self) -> None:
        """Writes the file, and the lines of the checks beside it."""
        data = {
            "schema": 1,
            **self.about,
            "checks": [check.as_dict() for check in self.checks],
            "details": self.details,
        }
        lines = "".join(f"{check.line()}\n" for check in self.checks)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(self.path) as file:
            file.write(json.dumps(_plain(data), indent=1, allow_nan=False).encode())
        with written_whole(self.path.with_name("checks.txt")) as file:
            file.write(lines.encode())


@dataclass
class Kit:
    """What a group works with.

    Attributes:
        device: where the models run.
        scale: how much is done.
        limits: where figures must lie.
        out: the folder of the artefacts.
        budget: the time.
        results: what was found.
    """

    device: Cpu
    scale: Scale
    limits: Limits
    out: Path
    budget: Budget
    results: Results
    pace: Pace = field(init=False)
    _group: str = ""
    _encoders: dict[tuple[str, str], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pace = Pace(dict(self.scale.guessed), self.scale.fixed)

    def keep(self, what: str, figures: Any) -> None:
        """Puts the figures behind a check into the results."""
        self.results.details.setdefault(self._group, {})[what] = figures

    def encoder(self, model: str, mode: str = "float32") -> nn.Module:
        """The model's image encoder for a mode, on the device; shared, so leave it as it is."""
        dtype = "float32" if mode == "tf32" else mode
        if (model, dtype) not in self._encoders:
            if dtype == "float32":
                made = self._built(model)
            else:
                made = copy.deepcopy(self.encoder(model)).to(getattr(torch, dtype))
            self._encoders[model, dtype] = made
        found: nn.Module = self._encoders[model, dtype]
        return found

    def fresh(self, model: str, blocks: int | None = None) -> Any:
        """An encoder of one's own, with its first blocks only where so many are asked for."""
        own = copy.deepcopy(self.encoder(model))
        return own if blocks is None else shorten(own, blocks)

    def cut(self, target: Target) -> Target:
        """The target with as many blocks in its encoder as the kit keeps."""
        return target if self.scale.blocks is None else cut(target, self.scale.blocks)

    def images(self, encoder: Any, batch: int) -> Tensor:
        """Pixels `[B, 3, S, S]` in the encoder's dtype."""
        parameter = next(encoder.parameters())
        shape = (batch, 3, encoder.img_size, encoder.img_size)
        return torch.randn(shape, device=parameter.device, dtype=parameter.dtype)

    @contextmanager
    def mode(self, name: str) -> Iterator[None]:
        """TF32 as the mode says, without gradients."""
        with tf32(name == "tf32"), torch.inference_mode():
            yield

    def record(self, module: nn.Module, run: Callable[[], Any], **options: Any) -> Any:
        """A finished recording: one forward to get the profiler going, then `scale.steps`."""
        return self.record_steps(module, run, self.scale.steps, **options)

    def record_steps(
        self, module: nn.Module, run: Callable[[], Any], steps: int, **options: Any
    ) -> Any:
        """The same with so many steps after the first."""
        with samprof.profile(module, **options) as recording:
            for _ in range(steps + 1):
                run()
                self.device.synchronize()
                recording.step()
        return recording

    def paced(
        self,
        what: str,
        point: tuple[str, str, int],
        forwards: int,
        run: Callable[[], Iterable[Check]],
        besides: float = 0.0,
    ) -> Case:
        """A case of (model, mode, batch) that learns how long images take, and is judged by it.

        Args:
            what: its name.
            point: model, mode and batch.
            forwards: how many it takes.
            run: its work.
            besides: seconds that it takes beyond forwards and the usual.
        """
        model, mode, batch = point
        images = forwards * batch

        def learning() -> Iterator[Check]:
            start = time.monotonic()
            yield from run()
            self.pace.learn(model, mode, images, time.monotonic() - start - besides)

        return Case(what, learning, lambda: self.pace.expected(model, mode, images) + besides)

    def run_group(self, group: str, cases: Callable[[Kit], Iterable[Case]]) -> None:
        """Runs the group's cases one by one; none of them can stop the others."""
        self.budget.begin(group)
        self._run_all(group, cases, self._run)

    def run_last(self, group: str, cases: Callable[[Kit], Iterable[Case]]) -> None:
        """The same whatever the time: for what is quick, and tells what the others found."""
        self._run_all(group, cases, self._run_now)

    def _run_all(
        self,
        group: str,
        cases: Callable[[Kit], Iterable[Case]],
        run: Callable[[Case], None],
    ) -> None:
        self._group = group
        try:
            found = list(cases(self))
        except Exception as error:
            self._tell(failed("its cases", _reason(error)))
            found = []
        for case in found:
            _say(f"[{self.budget.spent:4.0f} s] {group}: {case.what}")
            run(case)
            self.results.write()

    def _run(self, case: Case) -> None:
        if case.lacking:
            self._tell(not_run(case.what, case.lacking))
            return
        if not self.budget.fits(self.scale.cost * case.seconds()):
            self._tell(not_run(case.what, TIME))
            return
        with self.budget.alarm():
            self._run_now(case)

    def _run_now(self, case: Case) -> None:
        try:
            for check in case.run():
                self._tell(check)
        except OutOfTime:
            self._tell(not_run(case.what, f"{TIME} ran out within it"))
        except Exception as error:
            small = is_out_of_memory(error)
            tell = not_run if small else failed
            self._tell(tell(case.what, "out of memory" if small else _reason(error)))
        finally:
            gc.collect()
            self.device.release()

    def _tell(self, check: Check) -> None:
        check = replace(check, group=self._group)
        self.results.checks.append(check)
        print(check.line(), flush=True)

    def default_device(self) -> AbstractContextManager[Any]:
        """Makes tensors on the device where code names none; on the CPU nothing has to change."""
        return self.device.torch_device if self.device.is_gpu else nullcontext()

    def _built(self, model: str) -> Any:
        from samprof.sam.models import build_sam

        # Made on the device: random weights of vit_h take many seconds on a CPU.
        with self.default_device():
            encoder = build_sam(model).image_encoder
        encoder = encoder.to(self.device.torch_device)
        return encoder if self.scale.blocks is None else shorten(encoder, self.scale.blocks)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _reason(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _plain(value: Any) -> Any:
    """The same as JSON takes it: what numpy and pandas give as plain numbers, what is none as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, str | int | float) else str(value)
