"""What repeated measurements prove: intervals, equivalence, laws, and which measurements to trust."""
