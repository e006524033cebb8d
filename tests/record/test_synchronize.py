"""Waiting for the devices of a process: those that it uses, and no other."""

import pytest
import torch

from samprof.record.session import synchronize


def test_only_devices_in_use_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[int] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    monkeypatch.setattr(torch.cuda, "synchronize", waited.append)
    monkeypatch.setattr(
        torch._C, "_cuda_hasPrimaryContext", lambda device: device in (0, 3), raising=False
    )
    synchronize()
    assert waited == [0, 3]
    waited.clear()
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: False)
    synchronize()
    assert waited == []
