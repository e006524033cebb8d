"""Know SAM: models, roles of their parts, inputs, workloads."""
