"""The largest batch that fits into a memory limit; `search_run.search_largest` shows an example."""
