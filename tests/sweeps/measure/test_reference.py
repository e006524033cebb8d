"""The reference work: what it does not do to a recording."""

import pytest
import torch
from torch.profiler import profile

from samprof.sweeps.measure.reference import Reference


def test_no_profiler_sees_it() -> None:
    reference = Reference()
    with profile(profile_memory=True) as recording:
        torch.ones(8).tan()
        assert reference() > 0
        torch.ones(8).cos()
    names = {event.name for event in recording.events()}
    assert {"aten::tan", "aten::cos"} <= names
    assert not {"aten::exp", "aten::sin"} & names


def test_recording_goes_on_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    reference = Reference()
    monkeypatch.setattr(reference, "_values", None)
    with profile() as recording:
        with pytest.raises(TypeError):
            reference()
        torch.ones(8).cos()
    assert "aten::cos" in {event.name for event in recording.events()}


def test_it_runs_on_all_threads_of_torch() -> None:
    one, two = torch.get_num_threads(), torch.get_num_threads() + 1
    small = Reference()
    torch.set_num_threads(two)
    try:
        assert Reference()._values.numel() * one == small._values.numel() * two
    finally:
        torch.set_num_threads(one)
