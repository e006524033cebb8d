"""The cost of an op, FLOPs and bytes, from the shapes of its inputs."""
