"""Several recordings and profilers at once: nested, repeated, and beside a user's torch.profiler."""

from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

import samprof
from samprof.errors import RecordingError
from samprof.trace import load_trace
from tests.record.models import Add, calls, column, small_net


def user_profiler() -> torch.profiler.profile:
    return torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU])


def test_an_inner_recording_has_its_own_window_and_names(x: Tensor) -> None:
    net, other = small_net(), Add()
    with samprof.profile(net, name="net") as outer:
        net(x)
        with samprof.profile(other, name="other") as inner:
            net(x)
            other(x)
        other(x)
        net(x)
    assert calls(inner.layers()) == {"other": 1}
    assert calls(outer.layers()) == dict.fromkeys(
        ["net", "net.0", "net.1", "net.1.0", "net.1.1"], 3
    ) | {"other": 1}
    for recording in (inner, outer):
        assert recording.trace.check().ok


def test_names_that_begin_alike_are_told_apart(x: Tensor) -> None:
    net, other = small_net(), small_net()
    with samprof.profile(net, name="net"), samprof.profile(other, name="net2") as inner:
        net(x)
        other(x)
    assert calls(inner.layers()) == dict.fromkeys(
        ["net2", "net2.0", "net2.1", "net2.1.0", "net2.1.1"], 1
    )


def test_a_module_recorded_twice_at_once_is_counted_once_in_each(x: Tensor) -> None:
    net = small_net()
    with samprof.profile(net, name="net") as outer:
        net(x)
        with samprof.profile(net, name="net", granularity="layer") as inner:
            net(x)
    rows = ["net", "net.0", "net.1", "net.1.0", "net.1.1"]
    assert calls(inner.layers()) == dict.fromkeys(rows, 1)
    assert calls(outer.layers()) == dict.fromkeys(rows, 2)
    assert column(outer.layers(), "depth") == dict(zip(rows, [0, 1, 1, 2, 2], strict=True))


def test_a_part_recorded_inside_keeps_both_of_its_names(x: Tensor) -> None:
    net = small_net()
    with (
        samprof.profile(net, name="net") as outer,
        samprof.profile(net[1], name="part") as inner,
    ):
        net(x)
    assert calls(inner.layers()) == {"part": 1, "part.0": 1, "part.1": 1}
    assert {path: calls(outer.layers())[path] for path in ("net", "net.0", "net.1")} == {
        "net": 1,
        "net.0": 1,
        "net.1": 1,
    }
    assert outer.layers()["cpu_self_ns"].sum() == column(outer.layers(), "cpu_total_ns")["net"]


def test_one_profile_entered_again_gives_separate_recordings(x: Tensor) -> None:
    net = Add()
    profile = samprof.profile(net, name="net")
    recordings = []
    for times in (1, 2):
        with profile as recording:
            for _ in range(times):
                net(x)
        recordings.append(recording)
    assert [calls(recording.layers()) for recording in recordings] == [{"net": 1}, {"net": 2}]


def test_one_profile_entered_inside_itself_gives_two_recordings(x: Tensor) -> None:
    net = Add()
    profile = samprof.profile(net, name="net")
    with profile as outer:
        net(x)
        with profile as inner:
            net(x)
        net(x)
    assert calls(inner.layers()) == {"net": 1}
    assert calls(outer.layers()) == {"net": 3}


@pytest.mark.parametrize("names", [("net", "net"), ("first", "second")], ids="-".join)
def test_a_recording_ends_where_it_is_left_also_if_a_later_one_goes_on(
    names: tuple[str, str], x: Tensor
) -> None:
    net = Add()
    first, second = (samprof.profile(net, name=name) for name in names)
    earlier = first.__enter__()
    net(x)
    later = second.__enter__()
    net(x)
    first.__exit__(None, None, None)
    net(x)
    second.__exit__(None, None, None)
    net(x)
    assert calls(later.layers())[names[1]] == 2
    assert calls(earlier.layers())[names[0]] == 2
    assert later.trace.check().ok
    assert earlier.trace.check().ok


def test_steps_belong_to_the_outermost_recording(x: Tensor) -> None:
    net = Add()
    with samprof.profile(net, name="net") as outer, samprof.profile(net, name="net") as inner:
        net(x)
        with pytest.raises(RecordingError, match=r"call step\(\) of the outermost"):
            inner.step()
        outer.step()
        net(x)
    assert calls(inner.layers()) == {"net": 2}


def test_an_inner_recording_can_be_read_only_when_the_outer_one_is_left(x: Tensor) -> None:
    net = Add()
    with samprof.profile(net):
        with samprof.profile(net, name="inner") as inner:
            net(x)
        with pytest.raises(RecordingError, match="of the outermost recording"):
            inner.layers()
    assert calls(inner.layers()) == {"inner": 1}


def test_a_running_torch_profiler_gets_the_ranges_with_their_roles(
    encoder: nn.Module, image: Tensor, tmp_path: Path
) -> None:
    with torch.no_grad(), user_profiler() as theirs:
        with samprof.profile(encoder) as recording:
            encoder(image)
        encoder(image)
    theirs.export_chrome_trace(str(tmp_path / "theirs.json"))
    trace = load_trace(tmp_path / "theirs.json")
    roles = column(trace.layers(), "role")
    assert calls(trace.layers()) == dict.fromkeys(roles, 1)
    assert roles["image_encoder.blocks.0.attn"] == "window attention"
    assert roles["image_encoder.blocks.1.attn"] == "global attention"
    assert trace.check().ok
    for table in (recording.layers, recording.kernels, recording.memory):
        with pytest.raises(RecordingError) as caught:
            table()
        assert str(caught.value) == (
            "recording: trace: another torch.profiler was running and holds the ranges; "
            "export that profiler's trace and read it with samprof.load"
        )


def test_steps_end_a_recording_also_beside_a_running_torch_profiler(
    x: Tensor, tmp_path: Path
) -> None:
    net = Add()
    with user_profiler() as theirs, samprof.profile(net, name="net", steps=1) as recording:
        net(x)
        recording.step()
        net(x)
    theirs.export_chrome_trace(str(tmp_path / "theirs.json"))
    assert calls(load_trace(tmp_path / "theirs.json").layers("samprof")) == {"net": 1}


def test_a_torch_profiler_that_ends_before_the_recording_leaves_it_empty_handed(
    x: Tensor,
) -> None:
    net = Add()
    profile = samprof.profile(net)
    with user_profiler():
        recording = profile.__enter__()
        net(x)
    profile.__exit__(None, None, None)
    with pytest.raises(RecordingError, match=r"another torch\.profiler"):
        recording.layers()


def test_a_torch_profiler_started_after_a_recording_works(x: Tensor) -> None:
    net = Add()
    with samprof.profile(net, name="net") as recording:
        net(x)
    with user_profiler() as theirs:
        net(x)
    assert "aten::add" in {event.key for event in theirs.key_averages()}
    assert calls(recording.layers()) == {"net": 1}


def test_tables_of_a_recording_stay_the_same_when_others_follow(x: Tensor) -> None:
    net = small_net()
    profile = samprof.profile(net, name="net")
    with profile as first:
        net(x)
    with profile as second:
        net(x)
        net(x)
    before = second.layers()
    with profile:
        net(x)
    assert calls(first.layers())["net"] == 1
    pd.testing.assert_frame_equal(second.layers(), before)
