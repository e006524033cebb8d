"""Any head on SAM's encoder: what share of the forward and of a training step does the encoder take?

In the manner of AutoSAM (Hu et al. 2023, arXiv:2306.13731): the encoder frozen, the prompt replaced by
a trainable head that segments on its own.

python examples/07_autosam_head.py
"""

import sys

import torch
from torch import nn

import samprof


class AutoSam(nn.Module):
    """A frozen encoder with a convolutional head that gives one logit per class and pixel.

    Args:
        encoder: SAM's image encoder; its weights do not learn.
        classes: what the head tells apart.
    """

    def __init__(self, encoder: nn.Module, classes: int) -> None:
        super().__init__()
        self.encoder = encoder.requires_grad_(False)
        width = encoder.neck[0].out_channels
        self.head = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1),
            nn.GELU(),
            nn.ConvTranspose2d(width, width // 2, 2, stride=2),
            nn.GELU(),
            nn.ConvTranspose2d(width // 2, classes, 2, stride=2),
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits `[B, classes, S / 4, S / 4]` of images `[B, 3, S, S]`."""
        with torch.no_grad():
            embedding = self.encoder(images)
        logits: torch.Tensor = self.head(embedding)
        return logits


def main(model: str = "small", directory: str = "runs/example-07") -> None:
    """Profiles forward and training step; each step of the recording is one of them."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    encoder = samprof.build_sam(model).image_encoder
    side = encoder.img_size
    net = AutoSam(encoder, classes=2).to(device)
    optimiser = torch.optim.AdamW(net.head.parameters())
    images = torch.randn(1, 3, side, side, device=device)
    labels = torch.randint(2, (1, side // 4, side // 4), device=device)

    def forward() -> None:
        with torch.inference_mode():
            net(images)

    def train() -> None:
        optimiser.zero_grad()
        nn.functional.cross_entropy(net(images), labels).backward()
        optimiser.step()

    for what, step in (("forward", forward), ("training step", train)):
        step()  # warm-up
        with samprof.profile(net, name="autosam") as recording:
            step()
        time_source = recording.trace.time_source
        table = recording.layers().set_index("path")[f"{time_source}_total_ns"]
        whole = table["autosam"] + table["(outside)"]
        print(what)
        print(samprof.text(recording, depth=1))
        print(f"The encoder takes {table['autosam.encoder'] / whole:.0%} of the {what}.\n")
        recording.save(f"{directory}/{what.replace(' ', '-')}")


if __name__ == "__main__":
    main(*sys.argv[1:])
