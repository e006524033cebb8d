"""What Segment Anything and its descendants call their parts: data only.

segment_anything and its copies (segment-anything-fast, MobileSAM), SAM 2, and the models of Hugging
Face (Sam, SamHQ, Sam2, EdgeTam). Classes are matched by name, so that copies in other packages
are recognised too.
"""

SAM, IMAGE_ENCODER = "SAM", "image encoder"
PROMPT_ENCODER, MASK_DECODER = "prompt encoder", "mask decoder"
MEMORY_ATTENTION, MEMORY_ENCODER = "memory attention", "memory encoder"
MEMORY = (MEMORY_ATTENTION, MEMORY_ENCODER)
"""Components that only video models have."""

WHOLE = {
    "Sam": "sam",
    "SamModel": "sam",
    "SamHQModel": "sam",
    "SAM2Base": "sam2",
    "Sam2Model": "sam2",
    "Sam2VideoModel": "sam2",
    "EdgeTamModel": "sam2",
    "EdgeTamVideoModel": "sam2",
}
"""Class of a whole model -> what to call it."""

PARTS = {
    "image_encoder": IMAGE_ENCODER,
    "vision_encoder": IMAGE_ENCODER,
    "prompt_encoder": PROMPT_ENCODER,
    "sam_prompt_encoder": PROMPT_ENCODER,
    "mask_decoder": MASK_DECODER,
    "sam_mask_decoder": MASK_DECODER,
    "memory_attention": MEMORY_ATTENTION,
    "memory_encoder": MEMORY_ENCODER,
}
"""Attribute of a whole model -> role, whatever its class: MobileSAM's encoder is a TinyViT."""

ALONE = {
    "ImageEncoderViT": ("image_encoder", IMAGE_ENCODER),
    "SamVisionEncoder": ("vision_encoder", IMAGE_ENCODER),
    "SamHQVisionEncoder": ("vision_encoder", IMAGE_ENCODER),
    "SamVisionModel": ("vision_encoder", IMAGE_ENCODER),
    "SamHQVisionModel": ("vision_encoder", IMAGE_ENCODER),
    "Sam2VisionModel": ("vision_encoder", IMAGE_ENCODER),
    "EdgeTamVisionModel": ("vision_encoder", IMAGE_ENCODER),
    "PromptEncoder": ("prompt_encoder", PROMPT_ENCODER),
    "SamPromptEncoder": ("prompt_encoder", PROMPT_ENCODER),
    "SamHQPromptEncoder": ("prompt_encoder", PROMPT_ENCODER),
    "Sam2PromptEncoder": ("prompt_encoder", PROMPT_ENCODER),
    "EdgeTamPromptEncoder": ("prompt_encoder", PROMPT_ENCODER),
    "MaskDecoder": ("mask_decoder", MASK_DECODER),
    "SamMaskDecoder": ("mask_decoder", MASK_DECODER),
    "SamHQMaskDecoder": ("mask_decoder", MASK_DECODER),
    "Sam2MaskDecoder": ("mask_decoder", MASK_DECODER),
    "EdgeTamMaskDecoder": ("mask_decoder", MASK_DECODER),
}
"""Class of a component, also outside of a whole model -> (name as a root, role)."""

ENCODER_WITH = {"ImageEncoder": ("trunk", "neck"), "TinyViT": ("patch_embed", "layers", "neck")}
"""Class whose name alone is ambiguous -> the children that make it an image encoder."""

BLOCKS = {
    "Block",
    "SamVisionLayer",
    "SamHQVisionLayer",
    "MultiScaleBlock",
    "Sam2MultiScaleBlock",
    "TinyViTBlock",
}
"""Classes of the encoders' transformer blocks; `window_size` tells whether one attends globally."""

FUSED_ATTENTION = {
    "SamVisionSdpaAttention",
    "SamHQVisionSdpaAttention",
    "MultiScaleAttention",
    "Sam2MultiScaleAttention",
}
"""Attention as one op: a transpose is part of splitting heads, not of the scores."""

BLOCK_PARTS = {
    "attn": "{scope} attention",
    "mlp": "MLP",
    "norm1": "norm",
    "norm2": "norm",
    "layer_norm1": "norm",
    "layer_norm2": "norm",
    "local_conv": "local convolution",
}
ATTENTION_PARTS = {"qkv": "qkv", "proj": "projection"}
ENCODER_PARTS = {"patch_embed": "patch embedding", "neck": "neck"}
"""Also one level down: SAM 2's patches are embedded in its trunk."""

DECODER_PARTS = {
    "transformer": "decoder transformer",
    "output_upscaling": "decoder upscaling",
    "upscale_conv1": "decoder upscaling",
    "upscale_layer_norm": "decoder upscaling",
    "upscale_conv2": "decoder upscaling",
    "output_hypernetworks_mlps": "mask head",
    "iou_prediction_head": "mask head",
    "pred_obj_score_head": "mask head",
}
TRANSFORMER_PARTS = {
    "Attention": "decoder attention",
    "MLPBlock": "decoder MLP",
    "FeedForward": "decoder MLP",
    "MLP": "decoder MLP",
}
"""How the class of a part of the decoder's transformer ends -> role."""

BLOCK_FUNCTIONS = {
    "window_partition": "window partition",
    "window_unpartition": "window partition",
    "add_decomposed_rel_pos": "relative position",
    "get_decomposed_rel_pos": "relative position",
    "do_pool": "query pooling",
}
"""Functions of the module that defines a block's class, or methods of the block or its attention."""
