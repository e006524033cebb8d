"""Small modules to record, and what the tests read from a table."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

OUTSIDE = "(outside)"


def tiny_encoder() -> nn.Module:
    """SAM's image encoder at 64 pixels: a window block and a global block of width 32."""
    from segment_anything.modeling.image_encoder import ImageEncoderViT

    encoder: nn.Module = ImageEncoderViT(
        img_size=64,
        patch_size=16,
        embed_dim=32,
        depth=2,
        num_heads=2,
        window_size=3,
        global_attn_indexes=(1,),
        use_rel_pos=True,
        out_chans=16,
    )
    return encoder.eval()


def small_net() -> nn.Sequential:
    """Two levels: `0`, `1`, and below `1` the modules `1.0` and `1.1`."""
    return nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 2), nn.ReLU()))


class Chain(nn.Sequential):
    """As its parent, with a forward of our own: torch up to 2.11 does not compile methods of its own."""

    def forward(self, x: Tensor) -> Tensor:
        for child in self:
            x = child(x)
        return x


def chains() -> Chain:
    """`small_net` of such modules."""
    return Chain(nn.Linear(2, 2), Chain(nn.Linear(2, 2), nn.ReLU()))


class Add(nn.Module):
    """Adds one number, with one op."""

    def __init__(self, number: float = 1.0) -> None:
        super().__init__()
        self.number = number

    def forward(self, x: Tensor) -> Tensor:
        return x + self.number


class Recursive(nn.Module):
    """Calls itself, `depth` times in all, and adds one in each."""

    def forward(self, x: Tensor, depth: int) -> Tensor:
        result: Tensor = x + 1 if depth == 1 else self(x + 1, depth - 1)
        return result


class Fails(nn.Module):
    """Raises what it is told to, in the middle of its work."""

    def __init__(self) -> None:
        super().__init__()
        self.error: BaseException | None = None

    def forward(self, x: Tensor) -> Tensor:
        x = x + 1
        if self.error is not None:
            raise self.error
        return x


class FailsInside(nn.Module):
    """Two modules around one that can fail: `before`, `middle.inner`, `after`."""

    def __init__(self) -> None:
        super().__init__()
        self.before = Add()
        self.middle = nn.Sequential()
        self.middle.add_module("inner", Fails())
        self.after = Add()

    def fail_with(self, error: BaseException | None) -> None:
        """What the next calls raise; None for calls that succeed."""
        fails = self.middle.get_submodule("inner")
        assert isinstance(fails, Fails)
        fails.error = error

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.after(self.middle(self.before(x)))
        return result


class Holder(nn.Module):
    """Calls its children, whatever they are called, one after the other."""

    def __init__(self, names: Iterable[str]) -> None:
        super().__init__()
        for name in names:
            self.add_module(name, Add())

    def forward(self, x: Tensor) -> Tensor:
        for child in self.children():
            x = child(x)
        return x


class Allocates(nn.Module):
    """Allocates so many bytes while its child, if any, runs, and gives them back or returns them."""

    def __init__(self, size: int, child: nn.Module | None = None) -> None:
        super().__init__()
        self.size = size
        self.child = child

    def forward(self) -> Any:
        own = torch.empty(self.size, dtype=torch.uint8)
        return own if self.child is None else self.child()


def calls(table: pd.DataFrame) -> dict[str, int]:
    """Path -> calls, without the row of what is outside."""
    counts = dict(zip(table["path"], table["calls"].tolist(), strict=True))
    assert counts.pop(OUTSIDE, 0) == 0
    return counts


def column(table: pd.DataFrame, name: str) -> dict[str, Any]:
    """Path -> the value in this column, without the row of what is outside."""
    inside = table[table["path"] != OUTSIDE]
    return dict(zip(inside["path"], inside[name].tolist(), strict=True))
