"""What Segment Anything and its descendants call their parts: data only.

segment_anything and its copies (segment-anything-fast, MobileSAM, SAM-HQ, EfficientSAM), SAM 2, and the
models of Hugging Face (Sam, SamHQ, Sam2, Sam3, EdgeTam) and timm (samvit). Classes are matched by name,
so that copies in other packages are recognised too.
"""

SAM, IMAGE_ENCODER = "SAM", "image encoder"
PROMPT_ENCODER, MASK_DECODER = "prompt encoder", "mask decoder"
MEMORY_ATTENTION, MEMORY_ENCODER = "memory attention", "memory encoder"
TEXT_ENCODER, DETECTOR = "text encoder", "detector"
OF_SOME = (TEXT_ENCODER, DETECTOR, MEMORY_ATTENTION, MEMORY_ENCODER)
"""Components that only SAM 3 and video models have."""
OPEN = frozenset({SAM, IMAGE_ENCODER, PROMPT_ENCODER, *OF_SOME})
"""Roles inside which repeated blocks are looked for where none is known."""

WHOLE = {
    "Sam": "sam",
    "SamModel": "sam",
    "SamHQModel": "sam",
    "SAM2Base": "sam2",
    "Sam2Model": "sam2",
    "Sam2VideoModel": "sam2",
    "EdgeTamModel": "sam2",
    "EdgeTamVideoModel": "sam2",
    "Sam3Model": "sam3",
    "Sam3LiteTextModel": "sam3",
    "Sam3TrackerModel": "sam3_tracker",
    "Sam3TrackerVideoModel": "sam3_tracker",
    "Sam3VideoModel": "sam3_video",
}
"""Class of a whole model -> what to call it."""

WHOLE_WITH = (
    {"image_encoder", "vision_encoder"},
    {"prompt_encoder", "sam_prompt_encoder"},
    {"mask_decoder", "sam_mask_decoder"},
)
"""Attributes, one of each set, that make a model of any class a whole SAM."""

PARTS = {
    "image_encoder": IMAGE_ENCODER,
    "vision_encoder": IMAGE_ENCODER,
    "prompt_encoder": PROMPT_ENCODER,
    "sam_prompt_encoder": PROMPT_ENCODER,
    "shared_image_embedding": PROMPT_ENCODER,
    "mask_decoder": MASK_DECODER,
    "sam_mask_decoder": MASK_DECODER,
    "memory_attention": MEMORY_ATTENTION,
    "memory_encoder": MEMORY_ENCODER,
    "spatial_perceiver": MEMORY_ENCODER,
    "object_pointer_proj": MEMORY_ENCODER,
    "obj_ptr_proj": MEMORY_ENCODER,
    "temporal_positional_encoding_projection_layer": MEMORY_ATTENTION,
    "obj_ptr_tpos_proj": MEMORY_ATTENTION,
    "mask_downsample": PROMPT_ENCODER,
    "text_encoder": TEXT_ENCODER,
    "text_projection": TEXT_ENCODER,
    "geometry_encoder": PROMPT_ENCODER,
    "detr_encoder": DETECTOR,
    "detr_decoder": DETECTOR,
    "dot_product_scoring": DETECTOR,
    "tracker_neck": IMAGE_ENCODER,
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
    "Sam3VisionModel": ("vision_encoder", IMAGE_ENCODER),
    "VisionTransformerSAM": ("image_encoder", IMAGE_ENCODER),
    "EfficientViTSamImageEncoder": ("image_encoder", IMAGE_ENCODER),
    "PromptEncoder": ("prompt_encoder", PROMPT_ENCODER),
    "SamPromptEncoder": ("prompt_encoder", PROMPT_ENCODER),
    "SamHQPromptEncoder": ("prompt_encoder", PROMPT_ENCODER),
    "Sam2PromptEncoder": ("prompt_encoder", PROMPT_ENCODER),
    "EdgeTamPromptEncoder": ("prompt_encoder", PROMPT_ENCODER),
    "MaskDecoder": ("mask_decoder", MASK_DECODER),
    "MaskDecoderHQ": ("mask_decoder", MASK_DECODER),
    "SAM2MaskDecoder": ("mask_decoder", MASK_DECODER),
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

ATTENTIONS = ("attn", "attention", "self_attn")
"""What a transformer block calls its attention."""

CROSS_ATTENTIONS = ("cross_attn", "cross_attn_image", "text_cross_attn", "vision_cross_attn")
"""What a block of SAM 3's detector or of memory attention calls its attention to something else."""

PROJECTIONS = ({"qkv", "proj"}, {"q_proj", "k_proj", "v_proj"}, {"query", "key", "value"})
"""Children, all of one set, that make a module an attention."""

FUSED_ATTENTION = {
    "SamVisionSdpaAttention",
    "SamHQVisionSdpaAttention",
    "MultiScaleAttention",
    "Sam2MultiScaleAttention",
}
"""Attention as one op: a transpose is part of splitting heads, not of the scores."""

BLOCK_PARTS = {
    **dict.fromkeys(ATTENTIONS, "{scope}attention"),
    **dict.fromkeys(CROSS_ATTENTIONS, "attention"),
    "mlp": "MLP",
    **dict.fromkeys(
        (
            *("norm1", "norm2", "norm3"),
            *("layer_norm1", "layer_norm2", "layer_norm3"),
            *("layernorm_before", "layernorm_after"),
            *(f"{part}_layer_norm" for part in ("self_attn", *CROSS_ATTENTIONS, "mlp")),
        ),
        "norm",
    ),
    "local_conv": "local convolution",
}
ATTENTION_PARTS = {
    "qkv": "qkv",
    "q_proj": "qkv",
    "k_proj": "qkv",
    "v_proj": "qkv",
    "proj": "projection",
    "o_proj": "projection",
}
ENCODER_PARTS = {
    "patch_embed": "patch embedding",
    "embeddings": "patch embedding",
    "neck": "neck",
}
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
    "final_output_upscaling_layers": "decoder upscaling",
    "hf_mlp": "mask head",
    "hq_mask_mlp": "mask head",
    "prompt_cross_attn": "decoder attention",
    "pixel_decoder": "decoder upscaling",
    "mask_embedder": "mask head",
    "instance_projection": "mask head",
    "semantic_projection": "mask head",
    **dict.fromkeys(
        (
            *("compress_vit_feat", "embedding_encoder", "embedding_maskfeature"),
            *("compress_vit_conv1", "compress_vit_norm", "compress_vit_conv2"),
            *("encoder_conv1", "encoder_norm", "encoder_conv2"),
            *("mask_conv1", "mask_norm", "mask_conv2"),
        ),
        "HQ features",
    ),
}
TRANSFORMER_PARTS = {
    "Attention": "decoder attention",
    "AttentionForTwoWayAttentionBlock": "decoder attention",
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
