"""Hard cases: what a profiler may lose or count twice."""
