"""Module forwards, functions and steps as ranges: which ones are chosen, and how they are entered."""
