"""What stands in for `nn.Module.__call__`, and how attributes of classes are replaced for a while.

A global forward hook of torch would do as well, but with one torch takes its slow path for every module,
and torch.compile warns of it. The function here costs a call of any module a few tenths of a
microsecond (measured in docs/how-it-works.md), and is invisible to torch.compile: what is compiled
calls the original alone.
"""

import functools
import threading
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import torch
from torch import nn

Call = Callable[..., Any]


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


def module_call(original: Call, here: Here, enter: Call) -> Call:
    """A function to take the place of `nn.Module.__call__`.

    Args:
        original: what it is now.
        here: says whether a call is an outermost one.
        enter: is given the module, its arguments and its keyword arguments in an outermost call.
    """
    is_compiling = torch.compiler.is_compiling
    compiler = _compiler_of_this_thread()

    @functools.wraps(original)
    def call(self: nn.Module, /, *args: Any, **kwargs: Any) -> Any:
        # is_compiling first: torch.compile, where it looks at this function, then sees nothing else.
        if is_compiling() or here.inside or compiler() is not None:
            return original(self, *args, **kwargs)
        return enter(self, args, kwargs)

    _hide_from_compiler(call)
    return call


def replace(owner: type, name: str, value: Any, undo: ExitStack) -> None:
    """Replaces an attribute of a class until the stack is closed; what others put there then stays."""
    original = vars(owner)[name]
    setattr(owner, name, value)

    def restore() -> None:
        if vars(owner).get(name) is value:
            setattr(owner, name, original)

    undo.callback(restore)


def _compiler_of_this_thread() -> Callable[[], object]:
    """Gives what torch.compile does with the next frame; None while it does nothing."""
    from torch._C._dynamo import eval_frame

    return getattr(eval_frame, "get_eval_frame_callback", lambda: None)


def _hide_from_compiler(function: Any) -> None:
    """Keeps torch.compile from compiling the function where it is called outside of a graph.

    All modules share its code, so it would soon reach the limit of compilations for one function.
    """
    from torch._C._dynamo import eval_frame

    if hasattr(eval_frame, "set_code_exec_strategy"):
        action = eval_frame._FrameAction
        strategy = eval_frame._FrameExecStrategy(action.SKIP, action.DEFAULT)
        eval_frame.set_code_exec_strategy(function.__code__, strategy)
    elif hasattr(eval_frame, "skip_code"):
        eval_frame.skip_code(function.__code__)
