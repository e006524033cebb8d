"""Inductor for `torch.compile`, which notes for each kernel the layers that it was made from.

Inductor's provenance tracking says which nodes of a graph each kernel computes, and each node carries
the modules that it was traced in. Both are read while a graph is compiled; nothing is done later on.
What is compiled computes the same, but each C++ kernel is a range of its own for the profiler.
"""

from __future__ import annotations

import hashlib
import json
import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

import torch

from samprof.errors import first_line

BACKEND = "samprof"
"""What the backend is called in `torch.compile(model, backend="samprof")`."""
_SETTINGS: dict[str, Any] = {
    "trace.provenance_tracking_level": 1,
    "cpp.enable_kernel_profile": True,  # without it, C++ kernels leave no trace
}
_MOST_GRAPHS = 512
_ROOT = re.compile(r"L\['\w+'\](?:\.__self__)?(?=[.\[]|$)")
"""How dynamo names the module whose forward, or whose call, it traces: a local, mostly `self`."""
_SUBSCRIPT = re.compile(r"\[['\"]?([^\]'\"]+)['\"]?\]")
_WRAPPED = "._orig_mod"
_EXTERN = re.compile(r"extern_kernels\.(\w+)")
_OVERLOAD = re.compile(r"(?:torch\.ops\.)?(\w+)\.(\w+)(?:\.\w+)?")
_noted: dict[str, dict[str, Any]] = {}
_unknown: dict[str, str] = {}

Layer = tuple[str, str]
"""Path below the compiled module, and class; both empty for the module itself."""
Layers = dict[str, Layer]
"""Node -> the layer that it was traced in."""
_ITSELF: Layer = ("", "")


def inductor(
    graph: torch.fx.GraphModule,
    example_inputs: Sequence[Any],
    *,
    mode: str | None = None,
    options: Mapping[str, Any] | None = None,
    **further: Any,
) -> Any:
    """The graph, compiled by Inductor; its kernels' layers are noted for the traces recorded later.

    A backend of `torch.compile`, by the name "samprof" where samprof is installed.

    Args:
        graph: as dynamo traced it.
        example_inputs: of the graph.
        mode: as for `torch.compile`.
        options: as for `torch.compile`.
        further: what later versions of torch pass on.
    """
    del further
    from torch._inductor.compile_fx import compile_fx, compile_fx_inner

    wrapper: Any = torch._TorchCompileInductorWrapper
    asked = wrapper(mode, dict(options) if options else None, None).config
    traced, why = _traced(graph)
    with ExitStack() as settings:
        try:
            patches = wrapper(None, {**_SETTINGS, **asked}, None).config
            for patch in _caches_of(traced):
                settings.enter_context(patch)
        except Exception as error:  # torch names what it does not know in types of its own
            _say_why(f"torch {torch.__version__} cannot tell ({first_line(error)})")
            return compile_fx(graph, example_inputs, config_patches=asked)
        compile_inner = partial(_compile_noting, compile_fx_inner, traced, why)
        return compile_fx(
            graph, example_inputs, inner_compile=compile_inner, config_patches=patches
        )


def noted() -> dict[str, Any]:
    """What is known of the graphs that this process compiled, for the metadata of a trace.

    Returns:
        compiled: key of the graph -> layers and kernels, or why (see `samprof.trace.model.provenance`);
        compiled_why: why graphs that are not in it are not known; neither where nothing was compiled.
    """
    return ({"compiled": dict(_noted)} if _noted else {}) | _unknown


def _say_why(why: str) -> None:
    _unknown["compiled_why"] = why


def _traced(graph: torch.fx.GraphModule) -> tuple[Layers, str]:
    """The layers of the nodes that dynamo traced, or why they are not known."""
    try:
        return _layers_of(graph), ""
    except ValueError as error:
        return {}, str(error)


def _caches_of(traced: Layers) -> Iterator[Any]:
    """Settings of caches: what they give out has the layers of this graph, and shows its kernels."""
    import torch._functorch.config as aot_config

    tag = hashlib.sha256(json.dumps(traced, sort_keys=True).encode()).hexdigest()
    compiler_config: Any = torch.compiler.config
    yield compiler_config.patch(cache_key_tag=f"{BACKEND} {tag}")
    yield aot_config.patch(enable_autograd_cache=False)


def _compile_noting(
    compile_inner: Any,
    traced: Layers,
    why: str,
    graph: torch.fx.GraphModule,
    *args: Any,
    **settings: Any,
) -> Any:
    """Compiles one graph, forward or backward, and notes the layers of its kernels."""
    try:
        layers = {name: layer for name, layer in _layers_of(graph).items() if layer != _ITSELF}
        views = {node.name for node in graph.graph.nodes if _is_view(node)}
    except Exception:
        layers, views = {}, set()
    compiled = compile_inner(graph, *args, **settings)
    key = getattr(compiled, "_fx_graph_cache_key", None)
    if isinstance(key, str) and key:
        _noted.pop(key, None)
        _noted[key] = {"why": why} if why else _note_of(compiled, traced, layers, views)
        for old in list(_noted)[:-_MOST_GRAPHS]:
            del _noted[old]
    return compiled


def _note_of(compiled: Any, traced: Layers, layers: Layers, views: set[str]) -> dict[str, Any]:
    """The kernels of a compiled graph in their order, each with its layers; or why they are not known.

    Args:
        compiled: what Inductor made.
        traced: of the nodes that dynamo traced.
        layers: of the nodes that Inductor was given, where they are in a layer.
        views: nodes that compute nothing. They count only where there is no other.
    """
    try:
        found = json.loads(compiled.inductor_provenance_mapping_str)
        made_from, before = found["cppCodeToPost"], found.get("postToPre", {})
        kernels = sorted(made_from, key=lambda name: int(name.rpartition(":")[2]))
        sets = [
            _layers_in(
                [node for node in made_from[name] if node not in views] or made_from[name],
                layers,
                traced,
                before,
            )
            for name in kernels
        ]
    except Exception as error:  # what is internal to torch may have any form
        why = f"torch {torch.__version__} does not say which nodes its kernels compute"
        return {"why": f"{why} ({type(error).__name__}: {first_line(error)})"}
    in_order = dict.fromkeys([*traced.values(), *layers.values()])
    known = {layer: number for number, layer in enumerate(in_order)}
    return {
        "layers": list(known),
        "kernels": [
            [event_name(name.rpartition(":")[0]), sorted(known[layer] for layer in each)]
            for name, each in zip(kernels, sets, strict=True)
        ],
    }


def _layers_in(
    nodes: Sequence[str], layers: Layers, traced: Layers, before: Mapping[str, Sequence[str]]
) -> set[Layer]:
    """The layers of these nodes of a compiled graph: their own, else of what they were traced from."""
    found: set[Layer] = set()
    for node in nodes:
        own = layers.get(node)
        found |= {own} if own else {traced[one] for one in before.get(node, ()) if one in traced}
    return found


def event_name(kernel: str) -> str:
    """The name of the op or range that the profiler records where this kernel runs.

    Example:
        >>> event_name("extern_kernels.addmm"), event_name("torch.ops.aten.bmm.default")
        ('aten::addmm', 'aten::bmm')
        >>> event_name("triton_poi_fused_add_0")
        'triton_poi_fused_add_0'
    """
    if found := _EXTERN.fullmatch(kernel):
        return f"aten::{found[1]}"
    if found := _OVERLOAD.fullmatch(kernel):
        return f"{found[1]}::{found[2]}"
    return kernel


def _layers_of(graph: torch.fx.GraphModule) -> Layers:
    """The innermost layer around each node of a graph, in the order in which they run; inputs last.

    Raises:
        ValueError: nodes were traced in modules that are not inside of one.
    """
    nodes = sorted(graph.graph.nodes, key=lambda node: node.op == "placeholder")
    found = {node.name: _module_of(node) for node in nodes}
    roots = {root for root, _ in found.values() if root}
    if len(roots) > 1:
        raise ValueError(f"{' and '.join(sorted(roots))} are not one compiled module")
    return {name: layer for name, (_, layer) in found.items()}


def _module_of(node: torch.fx.Node) -> tuple[str, Layer]:
    """What dynamo calls the module that it traced, empty where the node says nothing; and the layer."""
    stack = node.meta.get("nn_module_stack")
    if not stack:
        return "", _ITSELF
    name, kind = list(stack.values())[-1]
    root = _ROOT.match(str(name))
    if root is None:
        raise ValueError(f"{name} is not inside of one compiled module")
    path = _SUBSCRIPT.sub(r".\1", str(name)[root.end() :]).replace(_WRAPPED, "").removeprefix(".")
    return root[0], (path, _class_name(kind)) if path else _ITSELF


def _class_name(kind: Any) -> str:
    return kind.__name__ if isinstance(kind, type) else str(kind).strip("<>'").rpartition(".")[2]


def _is_view(node: torch.fx.Node) -> bool:
    """Whether the node computes nothing: it looks at memory in another way, or picks from a tuple."""
    if node.op != "call_function":
        return False
    name = str(node.target)
    return (
        node.target is operator.getitem
        or getattr(node.target, "is_view", False)
        or name.startswith("aten._unsafe_view.")
    )
