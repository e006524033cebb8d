"""Traces for Perfetto: cut to a few steps, with layers as tracks, served to its page."""
