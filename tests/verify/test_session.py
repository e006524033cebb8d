"""What the groups share: encoders that are kept, copied, and out of the way where memory is measured."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from samprof.verify.budget import Budget
from samprof.verify.device import Cpu
from samprof.verify.limits import DRY_LIMITS
from samprof.verify.results import Results
from samprof.verify.scale import DRY
from samprof.verify.session import VerifySession


class Releases(Cpu):
    """Notes how many encoders the session still held when it was asked to give memory back."""

    def __init__(self) -> None:
        self.held: list[int] = []
        self.session: VerifySession | None = None

    def release(self) -> str:
        assert self.session is not None
        self.held.append(len(self.session._encoders))
        return ""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VerifySession:
    """A session whose models are one small layer each."""
    device = Releases()
    budget, results = Budget(1, []), Results(tmp_path / "results.json", {})
    made = VerifySession(device, DRY, DRY_LIMITS, tmp_path, budget, results)
    device.session = made
    monkeypatch.setattr(VerifySession, "_built", lambda self, model: nn.Linear(2, 2))
    return made


def test_encoders_are_shared_between_cases_and_copies_are_not(session: VerifySession) -> None:
    plain = session.encoder("vit_b")
    assert session.encoder("vit_b", "tf32") is plain
    half = session.encoder("vit_b", "bfloat16")
    assert session.encoder("vit_b", "bfloat16") is half
    assert next(half.parameters()).dtype == torch.bfloat16
    assert next(plain.parameters()).dtype == torch.float32
    assert session.own_encoder("vit_b") is not plain


def test_where_memory_is_measured_no_other_encoder_is_on_the_device(
    session: VerifySession,
) -> None:
    device = session.device
    assert isinstance(device, Releases)
    plain = session.encoder("vit_h")
    session.encoder("vit_b")
    session.encoder("vit_b", "bfloat16")
    alone = session.only_encoder("vit_b")
    assert session._encoders == {}
    assert device.held == [0]  # let go of before memory is given back
    assert alone is not session.only_encoder("vit_b")
    assert torch.equal(alone.weight, session.only_encoder("vit_b").weight)
    assert session.encoder("vit_h") is not plain
    session.free_encoders()
    assert (session._encoders, device.held[-1]) == ({}, 0)
