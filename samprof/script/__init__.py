"""A script, run as under `python`, whose calls of modules are found and recorded without changing it."""
