"""The size of a call, from whatever its arguments are."""

from collections import OrderedDict
from typing import Any

import pytest
import torch

from samprof.record.ranges.input_size import size_of

X = torch.ones(4, 2)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_nested_tensors_count_their_parts() -> None:
    assert size_of((torch.nested.nested_tensor([X, X[:1], X]),), {}) == 3


@pytest.mark.parametrize(
    ("args", "kwargs", "size"),
    [
        ((X,), {}, 4),
        ((3, X), {}, 4),
        ((torch.tensor(1.0), X), {}, 4),
        ((), {"mask": None, "image": X}, 4),
        (([X[:3], X],), {}, 3),
        (({"a": 1, "b": (None, X)},), {}, 4),
        ((OrderedDict(a=X),), {}, 4),
        (([{"image": X}, {"image": X}, {"image": X}],), {"multimask_output": True}, 3),
        (([],), {}, None),
        ((torch.tensor(1.0),), {}, None),
        (("text", 3), {}, None),
    ],
)
def test_the_first_tensor_tells_the_size(
    args: tuple[Any, ...], kwargs: dict[str, Any], size: int | None
) -> None:
    assert size_of(args, kwargs) == size
