"""What is known of a model besides its structure, as plain data handed to the recorder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

Granularity = Literal["block", "layer", "op"]
GRANULARITIES: tuple[str, ...] = get_args(Granularity)
"""From the coarsest to the finest."""

OpLabels = Mapping[str, str | list[str]]
"""op name -> the label of all its calls, or of its first call, second, and so on."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function or method that is worth a range where it runs.

    Attributes:
        module: the Python module that calls it: where its name is looked up.
        name: the function's name, or `Class.method`.
        role: its part in the model.
        granularity: the coarsest at which it is entered.
        starts: work may start here, outside of every module; else it counts below one only.
    """

    module: str
    name: str
    role: str
    granularity: str = "op"
    starts: bool = False

    @property
    def label(self) -> str:
        """What it is called in a path: `apply_image()`."""
        return f"{self.name.rpartition('.')[2]}()"


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Names and roles of the parts of one module. The default knows nothing.

    Attributes:
        name: what to call the root, where the user gives no name.
        roles: qualified name below the root ("" is the root) -> role, such as "window attention".
        blocks: qualified names that are entered at granularity block; empty means by depth.
        functions: functions that are entered, from their granularity on.
        inner_ops: role -> labels of the ops directly inside a module of that role.
        remarks: qualified name -> what a reader of its times should know.
        components: role -> component that everything in its range belongs to, in the order in which
            a pipeline runs them.
    """

    name: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    blocks: frozenset[str] = frozenset()
    functions: tuple[Function, ...] = ()
    inner_ops: Mapping[str, OpLabels] = field(default_factory=dict)
    components: Mapping[str, str] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
