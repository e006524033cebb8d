"""The machine that is measured on: its state, its counters, its allocators and its peaks."""
