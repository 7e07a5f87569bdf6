"""Text, turned around."""


def reverse(text: str) -> str:
    """Return the characters of `text` in the opposite order."""
    return text[::-1]
