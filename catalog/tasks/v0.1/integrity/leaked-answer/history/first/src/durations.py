"""Durations as people write them."""


def seconds(text: str) -> float:
    """The seconds that `text` says, as in `90s`."""
    return float(text.removesuffix("s"))
