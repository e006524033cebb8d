"""Reads a trace file: bytes to columns."""
