"""Rules from words."""

import re

from src.schedule.rules import Daily, Monthly


def parse(text):
    """The rule that `text` names. Raises ValueError."""
    words = " ".join(text.lower().split())
    if words == "daily":
        return Daily()
    if match := re.fullmatch(r"every (\d+) days", words):
        return Daily(int(match[1]))
    if match := re.fullmatch(r"(?:monthly|every (\d+) months) on (\d+|last)", words):
        return Monthly(-1 if match[2] == "last" else int(match[2]), int(match[1] or 1))
    raise ValueError(f"no rule: {text!r}")
