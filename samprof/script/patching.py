"""What stands in for `nn.Module.__call__`, and how attributes of classes are replaced for a while.

A global forward hook of torch would do as well, but with one torch takes its slow path for every module,
and torch.compile warns of it. The function here costs a call of any module less than a microsecond
(measured in docs/how-it-works.md). Where torch.compile looks at it, it finds the original alone: the
function asks it first, and is no closure, of which it looks at all variables.
"""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from torch import nn
from torch._C._dynamo import eval_frame
from torch.compiler import is_compiling


class Here(threading.local):
    """What is known of the calls that are running on this thread.

    Attributes:
        inside: a root is among them, so whatever is called is not an outermost call.
        within: a module is among them that is not recorded itself.
        is_own: samprof is at work.
    """

    inside = False
    within = False
    is_own = False


here = Here()
_call: Callable[..., Any] = nn.Module.__call__
_enter: Callable[..., Any]
_compiler: Callable[[], object] = getattr(eval_frame, "get_eval_frame_callback", lambda: None)


def watch_calls(enter: Callable[..., Any], undo: ExitStack) -> Callable[..., Any]:
    """Has `enter` called instead of every module that is called inside no root.

    Args:
        enter: is given the module, its arguments and its keyword arguments.
        undo: ends it.

    Returns:
        What calls a module as before.
    """
    global _call, _enter
    _call, _enter = nn.Module.__call__, enter
    _hide_from_compiler(_module_call)
    replace(nn.Module, "__call__", _module_call, undo)
    return _call


def watch_classes(seen: Callable[[type], None], undo: ExitStack) -> None:
    """Calls `seen` with every class of modules: now if it is there already, else when it is made.

    Args:
        seen: is given the class.
        undo: ends it.
    """

    def made(kind: type[nn.Module], **kwargs: Any) -> None:
        super(nn.Module, kind).__init_subclass__(**kwargs)
        seen(kind)

    for kind in _subclasses(nn.Module):
        seen(kind)
    nn.Module.__init_subclass__ = classmethod(made)  # type: ignore[assignment, arg-type]
    undo.callback(delattr, nn.Module, "__init_subclass__")


def _subclasses(kind: type[nn.Module]) -> Iterator[type[nn.Module]]:
    for one in kind.__subclasses__():
        yield one
        yield from _subclasses(one)


@functools.wraps(nn.Module.__call__)
def _module_call(self: nn.Module, /, *args: Any, **kwargs: Any) -> Any:
    if is_compiling() or here.inside or _compiler() is not None:
        return _call(self, *args, **kwargs)
    return _enter(self, args, kwargs)


def replace(owner: type, name: str, value: Any, undo: ExitStack) -> None:
    """Replaces an attribute of a class until the stack is closed; what others put there then stays."""
    original = vars(owner)[name]

    def restore() -> None:
        if vars(owner).get(name) is value:
            setattr(owner, name, original)

    undo.callback(restore)  # known before it is done, whatever interrupts
    setattr(owner, name, value)


def _hide_from_compiler(function: Any) -> None:
    """Keeps torch.compile from compiling the function where it is called outside of a graph.

    All modules share its code, so it would soon reach the limit of compilations for one function.
    """
    if hasattr(eval_frame, "set_code_exec_strategy"):
        action = eval_frame._FrameAction
        strategy = eval_frame._FrameExecStrategy(action.SKIP, action.DEFAULT)
        eval_frame.set_code_exec_strategy(function.__code__, strategy)
    elif hasattr(eval_frame, "skip_code"):
        eval_frame.skip_code(function.__code__)
