"""The text of a trace, laid out as Kineto writes it."""
