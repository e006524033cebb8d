"""The files of a run directory: samples and points as plain data, how they are written and found."""
