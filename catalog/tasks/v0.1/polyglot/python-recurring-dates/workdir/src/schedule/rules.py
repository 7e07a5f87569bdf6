"""The rules."""

import datetime as dt
from dataclasses import dataclass

EPOCH = dt.date(2000, 1, 1)


@dataclass(frozen=True)
class Daily:
    """Every `every` days from the epoch on."""

    every: int = 1
    until: dt.date | None = None

    def __post_init__(self):
        if self.every < 1:
            raise ValueError(f"every is {self.every}: it has to be at least 1")

    def after(self, date):
        """The first date strictly after `date`; None when there is none."""
        passed = (date - EPOCH).days
        found = EPOCH + dt.timedelta(days=max(0, (passed // self.every + 1) * self.every))
        return None if self.until and found > self.until else found
