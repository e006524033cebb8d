"""Tables as text, for terminals and for markdown."""
