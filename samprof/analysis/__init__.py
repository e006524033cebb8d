"""Compute: pure functions, tables in, tables out. No printing, no plotting, no files."""
