"""Samples taken by other processes: fresh ones, forked ones, tasks of Ray."""
