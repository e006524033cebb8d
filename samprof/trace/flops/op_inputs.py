"""The inputs of an op as Kineto writes them: shapes, types, values."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any

Shape = tuple[int, ...]
INPUTS_BORDER = "\0"
"""Separates the parts of an op's inputs; it never occurs in JSON."""

_BYTES = {
    "float": 4,
    "c10::Half": 2,
    "c10::BFloat16": 2,
    "double": 8,
    "long int": 8,
    "long": 8,
    "int": 4,
    "short": 2,
    "bool": 1,
    "unsigned char": 1,
    "signed char": 1,
    "c10::Float8_e4m3fn": 1,
    "c10::Float8_e5m2": 1,
    "c10::qint8": 1,
    "c10::quint8": 1,
    "c10::complex<float>": 8,
    "c10::complex<double>": 16,
}


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of one op, as Kineto writes them.

    Asking for an input that is not there raises IndexError.

    Attributes:
        shapes: of each input; () of scalars, and of tensors without dimensions.
        types: C++ names of their types; "ScalarList", "Scalar" or "" if it is no tensor.
        values: the texts of inputs that are no tensors.
    """

    shapes: tuple[Any, ...]
    types: tuple[str, ...]
    values: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Inputs:
        r"""The inputs from three JSON texts: dims, types, values.

        Raises:
            ValueError: the text is something else.

        Example:
            >>> Inputs.of('[[2, 3], []]\0["float", "Scalar"]\0["", "1"]').shapes
            ((2, 3), ())
        """
        shapes, types, values = (json.loads(line or "[]") for line in text.split(INPUTS_BORDER))
        if not all(isinstance(part, list) for part in (shapes, types, values)):
            raise ValueError("not lists")
        return cls(tuple(map(_shape, shapes)), tuple(map(str, types)), tuple(map(str, values)))

    def numbers(self, place: int) -> list[int]:
        """The integers in a list or scalar that is no tensor."""
        found = json.loads(self.values[place].lower())
        return [int(number) for number in found] if isinstance(found, list) else [int(found)]

    def truth(self, place: int) -> bool:
        """The value of a flag.

        Raises:
            ValueError: its value was not recorded.
        """
        text = self.values[place].lower()
        if text not in ("true", "false", "1", "0"):
            raise ValueError("no flag")
        return text in ("true", "1")

    def size(self, place: int) -> int:
        """The number of elements of an input.

        Raises:
            ValueError: it has no shape (Kineto leaves out those of nested tensors), or several.
        """
        size = prod(self.shapes[place])
        if not isinstance(size, int) or not (self.types[place] or self.values[place]):
            raise ValueError("no shape")
        return size

    def width(self, place: int) -> int:
        """Bytes per element of an input.

        Raises:
            ValueError: it is no tensor of a known type.
        """
        if self.types[place] not in _BYTES:
            raise ValueError("no tensor")
        return _BYTES[self.types[place]]

    def all_read(self) -> int:
        """Bytes of all tensors, each read once."""
        return sum(prod(shape) * width for shape, width in self.tensors)

    def read_and_written(self, written: int) -> int:
        """Bytes of all tensors, and of `written` elements of the first one's type."""
        return self.all_read() + written * (self.tensors[0][1] if self.tensors else 0)

    @property
    def tensors(self) -> list[tuple[Shape, int]]:
        """Shape and bytes per element of each tensor, including those in lists of tensors."""
        found: list[tuple[Shape, int]] = []
        for shape, kind in zip(self.shapes, self.types, strict=False):
            if kind in _BYTES:
                found.append((shape, _BYTES[kind]))
            elif shape and isinstance(shape[0], tuple):
                found += [(one, 1) for one in shape]  # at least: Kineto does not write their type
        return found


def _shape(dims: Any) -> Any:
    return tuple(_shape(dim) for dim in dims) if isinstance(dims, list) else int(dims)


Formula = Callable[[Inputs], tuple[int, int]]
"""Inputs -> FLOPs, and bytes read and written. Raises ValueError, TypeError, ArithmeticError or
IndexError if the inputs do not fit it."""
