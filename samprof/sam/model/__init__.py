"""SAM's models: how they are built, what their parts are, and the variants they run as."""
