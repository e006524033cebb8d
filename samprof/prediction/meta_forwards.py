"""Forwards of a model on the meta device, one per size and variant: what a prediction is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from torch import nn

from samprof.analysis.scaling.variant import EAGER
from samprof.prediction.predict import Forward
from samprof.prediction.shapes import shapes_of
from samprof.record.ranges.labels import ModelLabels
from samprof.sweeps.inputs import Arguments


@dataclass(frozen=True)
class MetaModel:
    """A model on the meta device as one variant of it.

    Attributes:
        module: on the meta device.
        arguments: of a call, by size, on the meta device.
        labels: names and roles of its parts.
        dtype: what its matrix products run in.
        variant: its name.
        name: what to call the module; None for what its labels say.
        label: what to call the model in titles.
    """

    module: nn.Module
    arguments: Callable[[int], Arguments]
    labels: ModelLabels
    dtype: str
    variant: str = EAGER
    name: str | None = None
    label: str = ""


def forwards_of(
    models: Iterable[MetaModel], sizes: Iterable[int], granularity: str = "block"
) -> Iterator[Forward]:
    """A forward of each model at each size.

    Raises:
        ModelError: a forward does not run on shapes alone.
    """
    sizes = list(sizes)
    for model in models:
        for size in sizes:
            found = shapes_of(
                model.module,
                model.arguments(size),
                model.labels,
                granularity=granularity,
                name=model.name,
            )
            root = str(found.trace.recorded["roots"][0])
            yield Forward(
                size, found.trace, root, model.dtype, found.peak_memory_bytes, model.variant
            )
