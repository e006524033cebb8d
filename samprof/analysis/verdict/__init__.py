"""Conclusions in words: does batching help, which layers are to blame, which size to run."""
