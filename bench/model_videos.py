"""Hugging Face's video models at their smallest, each in a module that tracks through whole videos."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from bench import model_hugging_face as hugging_face
from bench.model_hugging_face import WIDTH, made, model, prompts_and_decoder, text

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES = 3
"""A frame with a prompt, one that remembers it, and one that remembers both."""


def sam_2_video() -> tuple[Any, Any]:
    """`Sam2VideoModel` of 128 pixels a side, and a video."""
    parts = prompts_and_decoder("Sam2Video", 128, WIDTH)
    sizes = {"image_size": 128, "memory_attention_rope_feat_sizes": [8, 8], **_memory()}
    sizes |= {"memory_attention_feed_forward_hidden_size": 64}
    return _tracking("Sam2Video", vision_config=hugging_face.hiera(WIDTH), **parts, **sizes)


def edge_tam_video() -> tuple[Any, Any]:
    """`EdgeTamVideoModel` of 128 pixels a side, and a video; each memory is 16 + 16 tokens."""
    parts = prompts_and_decoder("EdgeTamVideo", 128, WIDTH)
    sizes = {"image_size": 128, "memory_attention_rope_feat_sizes": [8, 8], **_memory()}
    sizes |= {"memory_attention_mlp_hidden_size": 64, "memory_attention_rope_k_sizes": [4, 4]}
    sizes |= {"perceiver_resampler_num_latents": 16, "perceiver_resampler_num_latents_2d": 16}
    return _tracking("EdgeTamVideo", vision_config=hugging_face.rep_vit(), **parts, **sizes)


def sam_3_tracker_video() -> tuple[Any, Any]:
    """`Sam3TrackerVideoModel` of 112 pixels a side, and a video."""
    return _tracking("Sam3TrackerVideo", **_sam_3_tracker())


def sam_3_video() -> tuple[Any, Any]:
    """`Sam3VideoModel` of 112 pixels a side, and a video: all that is detected is tracked at once."""
    return _tracking(
        "Sam3Video",
        detector_config=made("Sam3", **hugging_face.sam_3_parts()),
        tracker_config=made("Sam3TrackerVideo", **_sam_3_tracker()),
        low_res_mask_size=32,
        score_threshold_detection=0.0,
        new_det_thresh=0.0,
        hotstart_delay=0,
        hotstart_unmatch_thresh=0,
        hotstart_dup_thresh=0,
    )


def _sam_3_tracker() -> dict[str, Any]:
    parts = prompts_and_decoder("Sam3TrackerVideo", 112, WIDTH, patch_size=14)
    sizes = {"image_size": 112, "memory_attention_feed_forward_hidden_size": 64, **_memory()}
    return {"vision_config": hugging_face.sam_3_encoder(), **parts, **sizes}


def _memory() -> dict[str, int]:
    return {
        "num_maskmem": 3,
        "memory_attention_hidden_size": WIDTH,
        "memory_attention_num_layers": 2,
        "memory_encoder_hidden_size": WIDTH,
        "mask_downsampler_embed_dim": WIDTH,
        "memory_fuser_embed_dim": WIDTH,
        "memory_fuser_intermediate_dim": 64,
    }


def _tracking(kind: str, **options: Any) -> tuple[Any, Any]:
    import torch

    class Tracking(torch.nn.Module):
        """Tracks one object through each video of a batch `[B, FRAMES, 3, side, side]`."""

        def __init__(self, model: torch.nn.Module, session: Callable[[torch.Tensor], Any]) -> None:
            super().__init__()
            self.model, self.session = model, session

        def forward(self, videos: torch.Tensor) -> list[Any]:
            outputs = []
            for video in videos:
                session = self.session(video)
                outputs += [self.model(session, frame_idx=frame) for frame in range(FRAMES)]
            return outputs

    made = model(kind, **options)
    module = import_module(type(made).__module__)
    sessions = getattr(module, f"{kind}InferenceSession")
    side = made.config.image_size

    def session(video: torch.Tensor) -> Any:
        begun = sessions(video=video, video_height=side, video_width=side, dtype=video.dtype)
        if kind == "Sam3Video":
            _prompt_by_text(begun)
        else:
            _prompt_by_a_point(begun, side / 2)
        return begun

    return Tracking(made, session), torch.randn(1, FRAMES, 3, side, side)


def _prompt_by_a_point(session: Any, middle: float) -> None:
    import torch

    point = {"point_coords": torch.full((1, 1, 1, 2), middle)}
    point["point_labels"] = torch.ones(1, 1, 1).int()
    session.add_point_inputs(session.obj_id_to_idx(1), 0, point)
    session.obj_with_new_inputs = [1]


def _prompt_by_text(session: Any) -> None:
    prompt = session.add_prompt("a thing")
    tokens = text()
    session.prompt_input_ids[prompt] = tokens["input_ids"]
    session.prompt_attention_masks[prompt] = tokens["attention_mask"]
