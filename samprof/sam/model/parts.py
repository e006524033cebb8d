"""The roles of the parts of SAM's components: encoder, transformer blocks, mask decoder."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import nn

from samprof.sam.model import families
from samprof.sam.model.structure import (
    called_depth,
    is_inside,
    join,
    repeated_blocks,
    rows_of_blocks,
)

_USUAL_DEPTH = 2
"""A model of which nothing is known shows this many levels at granularity block."""


@dataclass
class Parts:
    """What is known of the modules of a model, collected while its tree is walked.

    Attributes:
        roles: path -> role.
        blocks: paths that are entered at granularity block.
    """

    roles: dict[str, str] = field(default_factory=dict)
    blocks: set[str] = field(default_factory=set)

    def add(self, path: str, role: str) -> None:
        """Gives a module its role; it becomes a row at granularity block."""
        self.roles[path] = role
        self.blocks.add(path)

    def add_children(self, path: str, module: nn.Module, roles: Mapping[str, str]) -> None:
        """Gives the children of a module their roles, by attribute name.

        A list is never called: its items are the rows.
        """
        for name, child in module.named_children():
            if name not in roles:
                continue
            self.add(join(path, name), roles[name])
            if isinstance(child, nn.ModuleList):
                for item, _ in child.named_children():
                    self.add(join(path, f"{name}.{item}"), roles[name])

    def add_whole(self, path: str, model: nn.Module) -> None:
        """A whole model with its components; also what is not known among its children is a row."""
        self.add(path, families.SAM)
        self.add_children(path, model, families.PARTS)
        for name, child in model.named_children():
            if next(child.parameters(), None) is not None:
                self.blocks.add(join(path, name))

    def add_encoder(self, path: str, encoder: nn.Module) -> None:
        """The parts of an image encoder besides its blocks."""
        self.add_children(path, encoder, families.ENCODER_PARTS)
        for name, child in encoder.named_children():
            self.add_children(join(path, name), child, families.ENCODER_PARTS)

    def add_block(self, path: str, block: nn.Module, scope: str) -> None:
        """A transformer block, with the scope of its attention: "window ", "global " or empty."""
        self.add(path, f"{scope}block")
        parts = {name: role.format(scope=scope) for name, role in families.BLOCK_PARTS.items()}
        self.add_children(path, block, parts)
        for name in (*families.ATTENTIONS, *families.CROSS_ATTENTIONS):
            attention = getattr(block, name, None)
            for part in (
                dict(attention.named_children()) if isinstance(attention, nn.Module) else ()
            ):
                if part in families.ATTENTION_PARTS:
                    self.roles[join(path, f"{name}.{part}")] = families.ATTENTION_PARTS[part]

    def add_repeated(self, module: nn.Module) -> None:
        """The repeated blocks, and what is around them, where nothing more is known than components."""
        closed = [path for path, role in self.roles.items() if role not in families.OPEN]
        others = [
            path
            for path in repeated_blocks(module)
            if not any(is_inside(path, one) for one in closed)
        ]
        rows = rows_of_blocks(module, others) - self.blocks
        if self.blocks or any(called_depth(module, path) > _USUAL_DEPTH for path in rows):
            self.blocks |= rows

    def add_decoder(self, path: str, decoder: nn.Module) -> None:
        """The parts of a mask decoder."""
        self.add_children(path, decoder, families.DECODER_PARTS)
        transformer = getattr(decoder, "transformer", None)
        if not isinstance(transformer, nn.Module):
            return
        for inner, part in transformer.named_modules():
            for ending, role in families.TRANSFORMER_PARTS.items():
                if type(part).__name__.endswith(ending):
                    self.add(join(path, f"transformer.{inner}"), role)
                    break

    def inherited(self, module: nn.Module) -> dict[str, str]:
        """Every module's own role, or that of the nearest module around it that has one.

        What only stands where blocks are repeated has none: an empty text.
        """
        complete: dict[str, str] = {}
        for path, _ in module.named_modules():
            outer = complete.get(path.rpartition(".")[0], "") if path else ""
            complete[path] = self.roles.get(path, outer)
        return {path: role for path, role in complete.items() if role or path in self.blocks}
