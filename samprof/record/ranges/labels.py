"""The labels of a model: what is known of it besides its structure, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Granularity = Literal["block", "layer", "op"]
GRANULARITIES: tuple[str, ...] = get_args(Granularity)
"""From the coarsest to the finest."""

OpLabels = Mapping[str, str | list[str]]
"""Op name -> the label of all its calls, or a list for its first call, its second, and so on."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method that gets a range of its own.

    Attributes:
        module: the Python module that calls it, where its name is looked up.
        name: the function's name, or `Class.method`.
        role: its part in the model.
        granularity: the coarsest granularity at which it gets its range.
        starts: whether it may run outside of every module; else it gets a range only inside one.
    """

    module: str
    name: str
    role: str
    granularity: str = "op"
    starts: bool = False

    @property
    def label(self) -> str:
        """Its part of a path, such as `apply_image()`."""
        return f"{self.name.rpartition('.')[2]}()"


@dataclass(frozen=True, slots=True)
class ModelLabels:
    """Names and roles of the parts of one module; empty by default.

    Attributes:
        name: what to call the root if the user gives no name.
        roles: qualified name below the root ("" is the root) -> role, such as "window attention".
        blocks: qualified names of the modules that get a range at granularity block; if empty, the
            depth decides.
        functions: functions that get a range, from their granularity on.
        inner_ops: role -> labels of the ops directly inside a module of that role.
        components: role -> component that everything inside its range belongs to, in the order of the
            pipeline.
        remarks: qualified name -> what a reader of its times should know.
        colors: role or component -> colour in figures, `#rrggbb`.
    """

    name: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    blocks: frozenset[str] = frozenset()
    functions: tuple[Function, ...] = ()
    inner_ops: Mapping[str, OpLabels] = field(default_factory=dict)
    components: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    colors: Mapping[str, str] = field(default_factory=dict)
