"""Runs as PNG pictures."""
