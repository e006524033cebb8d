"""Models of other people in small: their classes' names and structure, and none of their code."""

import torch
from torch import Tensor, nn


class Mlp(nn.Module):
    """fc1, an activation, fc2."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1, self.act, self.fc2 = nn.Linear(width, width), nn.GELU(), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.act(self.fc1(x)))  # type: ignore[no-any-return]


class Attention(nn.Module):
    """As timm and EfficientSAM have it: qkv and proj."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        return self.proj(nn.functional.scaled_dot_product_attention(q, k, v))  # type: ignore[no-any-return]


class Block(nn.Module):
    """A ViT block as in timm; with `window_size` only where it is given, as in EfficientSAM."""

    def __init__(self, width: int = 8, window_size: int | None = None) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width), Attention(width)
        self.norm2, self.mlp = nn.LayerNorm(width), Mlp(width)
        if window_size is not None:
            self.window_size = window_size

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))  # type: ignore[no-any-return]


class ViTAttention(nn.Module):
    """As Hugging Face has it: a projection each for queries, keys and values."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.q_proj, self.k_proj = nn.Linear(width, width), nn.Linear(width, width)
        self.v_proj, self.o_proj = nn.Linear(width, width), nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        return self.o_proj(nn.functional.scaled_dot_product_attention(q, k, v))  # type: ignore[no-any-return]


class ViTLayer(nn.Module):
    """A block of Hugging Face's ViT."""

    def __init__(self, width: int = 8) -> None:
        super().__init__()
        self.attention, self.mlp = ViTAttention(width), Mlp(width)
        self.layernorm_before, self.layernorm_after = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.layernorm_before(x))
        return x + self.mlp(self.layernorm_after(x))  # type: ignore[no-any-return]


class ViT(nn.Module):
    """Blocks three levels deep, as in Hugging Face: `encoder.stage.layers.0`."""

    def __init__(self, block: type[nn.Module] = ViTLayer) -> None:
        super().__init__()
        self.embeddings = nn.Linear(8, 8)
        self.encoder = nn.Sequential(nn.Sequential(nn.Sequential(block(), block())))

    def forward(self, x: Tensor) -> Tensor:
        return self.encoder(self.embeddings(x))  # type: ignore[no-any-return]


class RepViTBlock(nn.Module):
    """Mixes tokens, then channels: no attention."""

    def __init__(self) -> None:
        super().__init__()
        self.token_mixer = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
        self.channel_mixer = nn.Sequential(nn.Linear(8, 8))

    def forward(self, x: Tensor) -> Tensor:
        return self.channel_mixer(self.token_mixer(x))  # type: ignore[no-any-return]


class RepViT(nn.Module):
    """An encoder without transformer blocks."""

    def __init__(self) -> None:
        super().__init__()
        stages = [nn.Sequential(RepViTBlock(), RepViTBlock()) for _ in range(2)]
        self.features = nn.Sequential(nn.Sequential(nn.Linear(8, 8)), *stages)
        self.neck = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.neck(self.features(x))  # type: ignore[no-any-return]


class PromptEncoder(nn.Module):
    """Embeds nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.embedding(x)  # type: ignore[no-any-return]


class MaskDecoderHQ(nn.Module):
    """The parts that SAM-HQ adds to a mask decoder."""

    def __init__(self) -> None:
        super().__init__()
        self.hf_mlp, self.compress_vit_feat = Mlp(8), nn.Sequential(nn.Linear(8, 8))

    def forward(self, x: Tensor) -> Tensor:
        return self.hf_mlp(self.compress_vit_feat(x))  # type: ignore[no-any-return]


class AnySam(nn.Module):
    """A whole SAM of a class that nobody knows, with a part that SAM does not have."""

    def __init__(self, encoder: nn.Module | None = None) -> None:
        super().__init__()
        self.image_encoder = encoder or RepViT()
        self.prompt_encoder, self.mask_decoder = PromptEncoder(), MaskDecoderHQ()
        self.tracker = nn.Sequential(nn.Linear(8, 8))

    def preprocess(self, x: Tensor) -> Tensor:
        """Scales."""
        return x / 255

    def forward(self, x: Tensor) -> Tensor:
        x = self.image_encoder(self.preprocess(x))
        return self.tracker(self.mask_decoder(x + self.prompt_encoder(x)))  # type: ignore[no-any-return]


class Predictor:
    """Holds a model, as predictors do."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model


TOKENS = torch.ones(1, 4, 8)
"""What all of these take: `[B, tokens, 8]`."""
