"""The tables of a trace, one file per table."""
