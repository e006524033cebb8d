"""Damaged traces by seed, read by samprof and by a plain reader that shares no code with it."""
