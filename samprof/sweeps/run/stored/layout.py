"""Names of files in a run directory: all that it takes to tell a run from a trace."""

RUN_FILE, LARGEST_FILE = "run.json", "largest.json"
