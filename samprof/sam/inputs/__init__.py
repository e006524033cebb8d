"""Images and prompts for SAM: from folders and SA-1B, or synthetic."""
