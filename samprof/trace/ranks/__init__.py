"""Many traces: of a job's ranks, of a folder."""
