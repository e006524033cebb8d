"""What is known of a model besides its structure, as plain data handed to the recorder."""

from collections.abc import Mapping
from dataclasses import dataclass, field

OpLabels = Mapping[str, str | list[str]]
"""op name -> the label of all its calls, or of its first call, second, and so on."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function `module.name` that is worth a range where a recorded module calls it."""

    module: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Names and roles of the parts of one module. The default knows nothing.

    Attributes:
        name: what to call the root, where the user gives no name.
        roles: qualified name below the root ("" is the root) -> role, such as "window attention".
        blocks: qualified names that are entered at granularity block; empty means by depth.
        functions: functions that are entered at granularity op.
        inner_ops: role -> labels of the ops directly inside a module of that role.
    """

    name: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    blocks: frozenset[str] = frozenset()
    functions: tuple[Function, ...] = ()
    inner_ops: Mapping[str, OpLabels] = field(default_factory=dict)
