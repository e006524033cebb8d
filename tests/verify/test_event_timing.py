"""Timing by events: only what was queued before the device reached it counts."""

from typing import Any

import torch

from samprof.verify.device import Cpu
from samprof.verify.event_timing import by_events


def test_a_part_that_the_device_had_reached_is_not_timed() -> None:
    class Fast(Cpu):
        """Reaches the first two marks of a forward before the host has queued what follows."""

        asked = 0

        def passed(self, mark: Any) -> bool:
            self.asked += 1
            return self.asked <= 2

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patch_embed, self.neck = torch.nn.Identity(), torch.nn.Identity()
            self.blocks = torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            for part in (self.patch_embed, *self.blocks, self.neck):
                x = part(x)
            return x

    encoder = Encoder()
    times, share = by_events(Fast(), encoder, torch.ones(1), 1, 0.0)
    assert times.keys() == {"blocks.1", "neck"}
    assert share == 0.5
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in encoder.modules())
