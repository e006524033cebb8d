"""What a trace is: events as columns, how they nest, and which range owns which device time."""
