"""Measure: module forwards named as ranges, torch.profiler, memory, environment."""
