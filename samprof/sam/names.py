"""Names that the command line offers, without importing torch."""

MODELS = ("vit_b", "vit_l", "vit_h", "small")
AUTO = "auto"
DTYPES = ("float32", "bfloat16", "float16")
