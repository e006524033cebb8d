"""The uses of SAM that can be measured, one file per workload."""
