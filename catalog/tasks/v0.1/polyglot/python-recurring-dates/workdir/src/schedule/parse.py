"""Rules from words."""

import re

from src.schedule.rules import Daily


def parse(text):
    """The rule that `text` names. Raises ValueError."""
    words = " ".join(text.lower().split())
    if words == "daily":
        return Daily()
    if match := re.fullmatch(r"every (\d+) days", words):
        return Daily(int(match[1]))
    raise ValueError(f"no rule: {text!r}")
