"""The groups of checks, each a name and a function that lists its cases."""
