"""The checks that prove on the user's own device that samprof's numbers are right: `samprof verify`."""
