"""What a user compares: two runs, traces, recordings or jobs of ranks, in any mixture."""
