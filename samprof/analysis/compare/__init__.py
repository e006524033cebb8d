"""Two measurements or traces against each other: which rows match, what changed, and why."""
