"""What others do to a module stays theirs: own forwards, hooks, copies, changes during a recording."""

import copy
import io
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import samprof
from tests.record.models import Add, calls, small_net
from tests.record.snapshot import assert_untouched, world


def test_a_forward_on_the_instance_is_recorded_and_stays(x: Tensor) -> None:
    net = nn.Sequential(Add())

    def doubled(x: Tensor) -> Tensor:
        return 2 * x

    net[0].forward = doubled
    with samprof.profile(net, name="net") as recording:
        assert net(x).tolist() == [[2.0, 2.0]]
    assert net[0].__dict__["forward"] is doubled
    assert calls(recording.layers()) == {"net": 1, "net.0": 1}


def test_hooks_of_others_fire_once_a_call_and_stay(x: Tensor) -> None:
    net = nn.Sequential(nn.Linear(2, 2))
    fired: list[str] = []

    def note(name: str) -> Callable[..., None]:
        return lambda *_: fired.append(name)

    net[0].register_forward_pre_hook(note("pre"))
    net[0].register_forward_hook(note("post"))
    net[0].register_full_backward_hook(note("backward"))
    before = world(net)
    with samprof.profile(net) as recording:
        net[0].register_forward_hook(note("during"))
        net(x.clone().requires_grad_()).sum().backward()
    assert fired == ["pre", "post", "during", "backward"]
    assert calls(recording.layers()) == {"Sequential": 1, "Sequential.0": 1}
    net(x)
    assert fired[4:] == ["pre", "post", "during"]
    del before["module 0.0 _forward_hooks"]
    after = world(net)
    del after["module 0.0 _forward_hooks"]
    assert_untouched(before, after)


def test_a_forward_set_during_a_recording_is_not_overwritten(x: Tensor) -> None:
    net = small_net()

    def mine(x: Tensor) -> Tensor:
        return x + 41

    with samprof.profile(net, name="net") as recording:
        net(x)
        net[0].forward = mine
        net(x)
    assert net[0].__dict__["forward"] is mine
    assert "forward" not in net.__dict__
    assert calls(recording.layers())["net.0"] == 1
    with samprof.profile(net, name="net") as recording:
        net(x)
    assert net[0].__dict__["forward"] is mine
    assert calls(recording.layers())["net.0"] == 1


def test_a_forward_wrapped_by_others_during_a_recording_stays_and_is_recorded(x: Tensor) -> None:
    net = Add()
    with samprof.profile(net, name="net") as recording:
        inner = net.forward

        def around(x: Tensor) -> Tensor:
            return inner(x) * 10

        net.forward = around  # type: ignore[method-assign]
        assert net(x).tolist() == [[20.0, 20.0]]
    assert net.__dict__["forward"] is around
    assert calls(recording.layers()) == {"net": 1}
    # What they hold is the range's wrapper: it still works, and enters nothing any more.
    with samprof.profile(small_net(), name="other") as recording:
        assert net(x).tolist() == [[20.0, 20.0]]
    assert calls(recording.layers()) == {}


def test_a_forward_replaced_during_a_recording_leaves_nothing_of_it_behind(x: Tensor) -> None:
    net = small_net()
    before = world(net)

    def mine(x: Tensor) -> Tensor:
        return x + 41

    with samprof.profile(net, name="net"):
        net[0].forward = mine
        with samprof.profile(net, name="again"):
            net(x)
    assert net[0].__dict__.pop("forward") is mine
    assert_untouched(before, world(net))


def test_a_forward_taken_away_or_put_back_during_a_recording_is_as_before(x: Tensor) -> None:
    net = small_net()
    before = world(net)
    with samprof.profile(net, name="net") as recording:
        del net[0].forward
        net(x)
        kept = net[1].forward
        net[1].forward = lambda x: x
        net[1].forward = kept
        net(x)
    assert_untouched(before, world(net))
    assert calls(recording.layers())["net.1"] == 2


def test_a_function_replaced_during_a_recording_stays(encoder: nn.Module, image: Tensor) -> None:
    home: Any = sys.modules[type(encoder).__module__]
    original = home.window_partition

    def mine(x: Tensor, size: int) -> Any:
        return original(x, size)

    try:
        with torch.no_grad(), samprof.profile(encoder, granularity="op"):
            home.window_partition = mine
            encoder(image)
        assert home.window_partition is mine
    finally:
        home.window_partition = original


class Chooses(nn.Module):
    """Has its forward as a property, which may fail."""

    kind = "one"

    @property
    def forward(self) -> Any:
        return {"one": self.one}[self.kind]

    def one(self, x: Tensor) -> Tensor:
        return x + 1


def test_a_forward_that_is_a_property_is_recorded(x: Tensor) -> None:
    net = nn.Sequential(Chooses(), Add())
    before = world(net)
    with samprof.profile(net, name="net") as recording:
        assert net(x).tolist() == [[3.0, 3.0]]
        net[0].kind = "none"
        with pytest.raises(KeyError):
            net(x)
        net[0].kind = "one"
    assert calls(recording.layers()) == {"net": 2, "net.0": 2, "net.1": 1}
    del net[0].kind
    assert_untouched(before, world(net))


def zeroed(module: nn.Module) -> nn.Module:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.zero_()
    return module


def test_a_deepcopy_made_inside_is_a_module_of_its_own(x: Tensor) -> None:
    net = small_net()
    expected = net(x)
    with samprof.profile(net, name="net") as recording:
        twin = zeroed(copy.deepcopy(net))
        assert twin(x).tolist() == [[0.0, 0.0]]
    assert twin(x).tolist() == [[0.0, 0.0]]
    assert torch.equal(net(x), expected)
    assert calls(recording.layers()) == {}


def test_a_deepcopy_made_afterwards_is_recorded_as_itself(x: Tensor) -> None:
    net = small_net()
    with samprof.profile(net):
        net(x)
    twin = zeroed(copy.deepcopy(net))
    assert "forward" not in twin.__dict__
    with samprof.profile(twin, name="twin") as recording:
        assert twin(x).tolist() == [[0.0, 0.0]]
        net(x)
    assert calls(recording.layers())["twin"] == 1


def test_a_module_can_be_pickled_inside(x: Tensor) -> None:
    net = small_net()
    expected = net(x)
    with samprof.profile(net):
        file = io.BytesIO()
        torch.save(net, file)
    file.seek(0)
    loaded: Any = torch.load(file, weights_only=False)
    assert torch.equal(loaded(x), expected)


class Scaled(nn.Module):
    """Uses names of its own module, as scripting must find them."""

    def forward(self, x: Tensor) -> Tensor:
        return doubled(x) + 1


def doubled(x: Tensor) -> Tensor:
    return 2 * x


@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_a_module_scripted_inside_is_what_it_is_outside(x: Tensor) -> None:
    net = nn.Sequential(Scaled(), nn.Linear(2, 2))
    outside = torch.jit.script(net)
    before = [set(vars(module)) for module in net.modules()]
    with samprof.profile(net, name="net", granularity="op") as recording:
        net(x)
        inside = torch.jit.script(net)
        assert torch.equal(inside(x), outside(x))
        net(x)
    assert calls(recording.layers())["net.0"] == 2
    assert inside.code == outside.code
    assert getattr(inside, "0").code == getattr(outside, "0").code
    assert vars(inside).keys() == vars(outside).keys()
    assert [set(vars(module)) for module in net.modules()] == before


@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_a_function_scripted_inside_sees_the_names_around_it(x: Tensor) -> None:
    def local(x: Tensor) -> Tensor:
        return x + 1

    def around(x: Tensor) -> Tensor:
        return local(x) * 2

    with samprof.profile(Add(), name="net"):
        assert torch.jit.script(around)(x).tolist() == [[4.0, 4.0]]


@pytest.mark.filterwarnings("ignore:`torch.jit")
def test_what_cannot_be_scripted_says_so_inside_as_outside(x: Tensor) -> None:
    class Odd(nn.Module):
        def forward(self, *args: Any) -> Any:
            return args[0]

    net = Odd()
    with pytest.raises(torch.jit.frontend.NotSupportedError) as outside:
        torch.jit.script(net)
    with samprof.profile(net, name="net") as recording:
        with pytest.raises(torch.jit.frontend.NotSupportedError) as inside:
            torch.jit.script(net)
        net(x)
    assert str(inside.value) == str(outside.value)
    assert calls(recording.layers()) == {"net": 1}


def test_the_state_dict_inside_is_that_of_outside() -> None:
    net = small_net()
    before = net.state_dict()
    with samprof.profile(net, granularity="op"):
        inside = net.state_dict()
        net.load_state_dict(before)
    after = net.state_dict()
    assert list(before) == list(inside) == list(after)
    for name, tensor in before.items():
        assert tensor.data_ptr() == inside[name].data_ptr() == after[name].data_ptr()


def test_train_and_to_work_inside(x: Tensor) -> None:
    net = small_net()
    with samprof.profile(net, name="net") as recording:
        net.eval().to(torch.float64)
        assert net(x.double()).dtype is torch.float64
        net.train()
    assert net.training
    assert calls(recording.layers())["net"] == 1
