"""Finds the outermost calls of modules in this process, counts all of them and records some."""

from __future__ import annotations

import functools
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import nn
from torch.profiler import profile as torch_profile

from samprof.record.ranges.input_size import size_of
from samprof.sam.model.pipeline import functions_around, model_of
from samprof.sam.model.recognise import is_whole_class
from samprof.script.folder import Folder, folder_name
from samprof.script.patching import here, replace, watch_calls, watch_classes
from samprof.script.recorded_call import Window, is_an_execution, is_profiled
from samprof.script.register import Register
from samprof.script.roots import Calls, Recorded, Root, Settings


class Watch:
    """Watches the calls of modules from `start` until `stop`.

    What goes wrong in here never reaches the script: the first failure ends the recording, not the call.

    Attributes:
        register: the roots that were found.
        recording_ns: what recording took besides the calls themselves.
        profiled: calls that were not recorded because the script ran a profiler of its own.
        failure: why recording ended before its time; empty if it did not.
    """

    def __init__(self, settings: Settings, folder: Folder) -> None:
        self.register = Register(settings)
        self.recording_ns = 0
        self.profiled = 0
        self.failure = ""
        self._settings = settings
        self._folder = folder
        self._call = nn.Module.__call__
        self._undo = ExitStack()
        self._lock = threading.Lock()
        self._is_on = False
        self._is_busy = False
        self._window: Window | None = None
        self._profilers: weakref.WeakSet[torch_profile] = weakref.WeakSet()
        self._kinds: set[type] = set()

    def start(self) -> None:
        """Starts watching this process, and none that it starts."""
        self._is_on = True
        self._call = watch_calls(self._module, self._undo)
        watch_classes(self._class, self._undo)
        for name in ("start", "stop"):
            replace(torch_profile, name, self._giving_way(vars(torch_profile)[name]), self._undo)
        if hasattr(os, "register_at_fork"):
            stop = weakref.WeakMethod(self.stop)  # what is registered here stays for good
            os.register_at_fork(after_in_child=lambda: (found := stop()) and found())

    def stop(self) -> None:
        """Stops watching, and undoes everything."""
        self._is_on = False
        self._undo.close()

    def _module(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A call inside no root: it is one, or it leads to one that `--module` means."""
        known = self.register.known
        key = id(module)
        if key not in known:
            if not self._is_on or not is_an_execution():
                return self._call(module, *args, **kwargs)
            with self._lock, self._own_work():
                self.register.add_module(module, is_outermost=not here.within)
        root = known.get(key)
        if root is not None:
            calls = root.calls_of(size_of(args, kwargs))
            if not calls.is_done and not is_an_execution():
                return self._call(module, *args, **kwargs)
            return self._root(root, calls, module, self._call, (module, *args), kwargs)
        outer, here.within = here.within, True
        try:
            return self._call(module, *args, **kwargs)
        finally:
            here.within = outer

    def _function(self, holder: type, name: str, label: str) -> Callable[..., Any]:
        """A function around a model, such as `SamPredictor.predict`, that is a root as modules are."""
        original = vars(holder)[name]

        @functools.wraps(original)
        def function(user: Any, *args: Any, **kwargs: Any) -> Any:
            model = model_of(user)
            if not self._is_on or here.inside or not isinstance(model, nn.Module):
                return original(user, *args, **kwargs)
            key = (id(model), label)
            if key not in self.register.known:
                with self._lock, self._own_work():
                    self.register.add_function(model, label)
            root = self.register.known.get(key)
            if root is None:
                return original(user, *args, **kwargs)

            def call(*args: Any, **kwargs: Any) -> Any:
                return getattr(holder, name)(*args, **kwargs)  # a recording has put its range there

            return self._root(root, root.calls_of(None), model, call, (user, *args), kwargs)

        return function

    def _root(
        self,
        root: Root,
        calls: Calls,
        module: nn.Module,
        call: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """The call of a root: counted, timed and perhaps recorded."""
        # No lock, which would take longer than all this: no thread gives way between these two lines.
        calls.seen += 1
        number = calls.seen
        window = None if calls.is_done else self._opened(root, calls, number, module)
        has_returned = False
        start_ns = time.perf_counter_ns()
        try:
            here.inside = True
            result = call(*args, **kwargs)
            has_returned = True
            return result
        finally:
            wall_ns = time.perf_counter_ns() - start_ns
            here.inside = False
            calls.wall_ns += wall_ns
            if window is not None:
                self._closed(window, root, calls, wall_ns, has_returned=has_returned)

    def _opened(self, root: Root, calls: Calls, number: int, module: nn.Module) -> Window | None:
        """A window for the call that begins, if it is to be recorded and can be."""
        with self._lock:
            is_able = self._is_on and not self._is_busy and not self.failure
            if not is_able or not calls.is_due(number, self._settings):
                return None
            if is_profiled() or self._profilers:
                self.profiled += 1
                return None
            self._is_busy = True
            calls.begin_recording(number, self._settings)
        try:
            with self._own_work():
                self._window = Window(module, root, number, self._settings.granularity)
                root.trains |= module.training and torch.is_grad_enabled()
                return self._window
        except BaseException:  # Ctrl-C, which the script may catch
            if self._window is not None:
                self._window.end()
            self._window = None
            self._is_busy = False
            raise
        self._is_busy = False
        return None

    def _closed(
        self, window: Window, root: Root, calls: Calls, wall_ns: int, *, has_returned: bool
    ) -> None:
        """Ends the window, and keeps its trace if there is none better."""
        try:
            with self._own_work():
                if window.is_open:
                    window.end()
                    folder = self._folder.made() / folder_name(root.name)
                    size = "" if calls.size is None else f"b{calls.size}-"
                    trace = window.save(folder, f"{size}call{window.number}")
                    is_good = has_returned and window.number > self._settings.skip
                    calls.keep(Recorded(trace, wall_ns), is_good=is_good)
                else:  # the script started a profiler of its own inside this call
                    self.profiled += 1
        finally:
            self._window = None
            self._is_busy = False

    @contextmanager
    def _own_work(self) -> Iterator[None]:
        """Times what samprof does around a call, and keeps its failures from the script."""
        start_ns = time.perf_counter_ns()
        here.is_own = True
        try:
            yield
        except Exception as error:
            self.failure = str(error)
        finally:
            here.is_own = False
            self.recording_ns += time.perf_counter_ns() - start_ns

    def _class(self, kind: type) -> None:
        """Has the functions around a whole model found when the first one of this class is made.

        They must be known before the first module is called: a script may call one of them only once.
        """
        if not is_whole_class(kind) or "__init__" not in vars(kind):
            return
        original = vars(kind)["__init__"]

        @functools.wraps(original)
        def init(model: nn.Module, *args: Any, **kwargs: Any) -> None:
            original(model, *args, **kwargs)
            if self._is_on and kind not in self._kinds:
                self._kinds.add(kind)
                with self._own_work():
                    self._watch_functions_around(kind)

        replace(kind, "__init__", init, self._undo)

    def _watch_functions_around(self, kind: type) -> None:
        for function in functions_around(kind).values():
            if function.starts:
                holder_name, _, name = function.name.rpartition(".")
                holder = getattr(sys.modules[function.module], holder_name)
                replace(holder, name, self._function(holder, name, function.label), self._undo)

    def _giving_way(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """`start` or `stop` of torch.profiler: while the script's own runs, nothing is recorded."""
        starts = original.__name__ == "start"

        @functools.wraps(original)
        def start_or_stop(profiler: torch_profile) -> Any:
            if not here.is_own:
                if starts:
                    self._profilers.add(profiler)
                    self._give_way()
                else:
                    self._profilers.discard(profiler)
            return original(profiler)

        return start_or_stop

    def _give_way(self) -> None:
        """Ends the recording of the call that is running: there can be one profiler at a time."""
        window = self._window
        if window is not None:
            with self._own_work():
                window.end()
