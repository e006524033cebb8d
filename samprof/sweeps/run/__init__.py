"""The run directory, and what is read from it."""
