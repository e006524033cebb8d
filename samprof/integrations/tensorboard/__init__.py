"""Runs and recordings as TensorBoard reads them, and TensorBoard itself while they are shown."""
