"""Parts of SAM's descendants in small: their classes' names and attributes, and none of their code."""

import torch
from torch import Tensor, nn

from tests.support.strangers import PromptEncoder, ViTAttention


class DetrDecoderLayer(nn.Module):
    """A layer of SAM 3's detector: three attentions, each with a norm named after it."""

    def __init__(self) -> None:
        super().__init__()
        for name in ("self_attn", "text_cross_attn", "vision_cross_attn"):
            setattr(self, name, ViTAttention(8))
            setattr(self, f"{name}_layer_norm", nn.LayerNorm(8))
        self.mlp, self.mlp_layer_norm = nn.Linear(8, 8), nn.LayerNorm(8)


class AttentionForTwoWayAttentionBlock(ViTAttention):
    """EfficientSAM's name for the attention of its mask decoder."""


class TwoWayTransformer(nn.Module):
    """One attention."""

    def __init__(self) -> None:
        super().__init__()
        self.final_attn_token_to_image = AttentionForTwoWayAttentionBlock(8)

    def forward(self, x: Tensor) -> Tensor:
        return self.final_attn_token_to_image(x)  # type: ignore[no-any-return]


class MaskDecoder(nn.Module):
    """EfficientSAM's: upscaling is a list, which is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.transformer = TwoWayTransformer()
        layers = [nn.Sequential(nn.Linear(8, 8), nn.GELU()) for _ in range(2)]
        self.final_output_upscaling_layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        x = self.transformer(x)
        for layer in self.final_output_upscaling_layers:
            x = layer(x)
        return x


class Sam2VideoModel(nn.Module):
    """A video model: encodes a memory, and attends to it in a method of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.vision_encoder, self.prompt_encoder = nn.Linear(8, 8), PromptEncoder()
        self.mask_decoder = MaskDecoder()
        self.memory_attention, self.memory_encoder = nn.Linear(8, 8), nn.Linear(8, 8)
        self.object_pointer_proj, self.spatial_perceiver = nn.Linear(8, 8), nn.Linear(8, 8)
        self.temporal_positional_encoding_projection_layer = nn.Linear(8, 8)

    def get_image_wide_positional_embeddings(self) -> Tensor:
        """As many as there are tokens."""
        return torch.arange(4.0).reshape(1, 4, 1)

    def _prepare_memory_conditioned_features(self, x: Tensor, memory: Tensor) -> Tensor:
        times = self.temporal_positional_encoding_projection_layer(memory)
        return self.memory_attention(x + torch.cat([times, memory]).sum(0))  # type: ignore[no-any-return]

    def _encode_new_memory(self, x: Tensor) -> Tensor:
        return self.spatial_perceiver(self.memory_encoder(x * 2))  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        x = self.vision_encoder(x) + self.get_image_wide_positional_embeddings()
        memory = self._encode_new_memory(x) + self.object_pointer_proj(x)
        x = self._prepare_memory_conditioned_features(x, memory)
        return self.mask_decoder(x + self.prompt_encoder(x))  # type: ignore[no-any-return]
