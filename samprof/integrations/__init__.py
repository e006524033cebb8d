"""Hands traces and runs on to other tools: Perfetto, TensorBoard, Holistic Trace Analysis."""
