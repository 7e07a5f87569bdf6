"""Axes from evidence: pure functions, no I/O, re-runnable on a stored record."""
