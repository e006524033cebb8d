"""The tables of a run, and which of its samples count in them."""
