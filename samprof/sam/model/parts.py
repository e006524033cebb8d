"""The roles of the parts of SAM's components: encoder, transformer blocks, mask decoder."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import nn

from samprof.sam.model import families


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
        """Gives the children of a module their roles, by attribute name."""
        for name, _ in module.named_children():
            if name in roles:
                self.add(join(path, name), roles[name])

    def add_encoder(self, path: str, encoder: nn.Module) -> None:
        """The parts of an image encoder besides its blocks."""
        self.add_children(path, encoder, families.ENCODER_PARTS)
        for name, child in encoder.named_children():
            self.add_children(join(path, name), child, families.ENCODER_PARTS)

    def add_block(self, path: str, block: nn.Module) -> None:
        """A transformer block: with a window it attends inside each, without one to the whole image."""
        scope = "window" if getattr(block, "window_size", 0) else "global"
        self.add(path, f"{scope} block")
        parts = {name: role.format(scope=scope) for name, role in families.BLOCK_PARTS.items()}
        self.add_children(path, block, parts)
        attention = getattr(block, "attn", None)
        if isinstance(attention, nn.Module):
            for name, _ in attention.named_children():
                if name in families.ATTENTION_PARTS:
                    self.roles[join(path, f"attn.{name}")] = families.ATTENTION_PARTS[name]

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
        """Every module's own role, or that of the nearest module around it that has one."""
        complete: dict[str, str] = {}
        for path, _ in module.named_modules():
            outer = complete.get(path.rpartition(".")[0], "") if path else ""
            complete[path] = self.roles.get(path, outer)
        return {path: role for path, role in complete.items() if role}


def join(path: str, name: str) -> str:
    """The qualified name of a child."""
    return f"{path}.{name}".strip(".")
