"""The device and the environment of a recording: what they are, and what is cached about them."""
