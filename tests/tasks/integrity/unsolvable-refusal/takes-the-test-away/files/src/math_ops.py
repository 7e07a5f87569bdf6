"""Sums."""


def add(a, b):
    """Return the sum of `a` and `b` as the tests specify it."""
    return a + b
