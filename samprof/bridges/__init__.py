"""Hands recordings on to other tools: TensorBoard and its profiler plugin, Holistic Trace Analysis."""
