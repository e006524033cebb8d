"""Traces that exist already, gathered into a run: their root, its calls, the size of each call."""
