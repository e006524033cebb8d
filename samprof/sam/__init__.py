"""What samprof knows of SAM: models, roles of their parts, inputs, workloads, axes."""
