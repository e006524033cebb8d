"""One point: where it is measured, and how."""
