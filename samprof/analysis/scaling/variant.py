"""The variant that a sweep compares its other variants with."""

EAGER = "eager"
"""The model as it is: the default variant, and the one whose name is left out of file names."""
