"""Repeat: plan, points, run directory; resume; engines (this process, a process a point, Ray)."""
