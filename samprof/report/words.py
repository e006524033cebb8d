"""Words that tables, charts and pictures share."""

TIME_NAMES = {"device": "Device time", "cpu": "CPU time", "given": "Time as given"}
"""Time source -> what a time on it is called at the beginning of a title."""
