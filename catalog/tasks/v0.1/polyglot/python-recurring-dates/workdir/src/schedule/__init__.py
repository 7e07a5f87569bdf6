"""Rules that say when something recurs."""

from src.schedule.parse import parse
from src.schedule.rules import Daily
from src.schedule.upcoming import upcoming

__all__ = ["Daily", "parse", "upcoming"]
