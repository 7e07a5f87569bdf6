"""The rules."""

import calendar
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


@dataclass(frozen=True)
class Monthly:
    """On one day of every `every`th month from the epoch on; on the last one where a month is too short."""

    day: int
    every: int = 1
    until: dt.date | None = None

    def __post_init__(self):
        if self.day != -1 and not 1 <= self.day <= 31:
            raise ValueError(f"day is {self.day}: it has to be 1 to 31, or -1 for the last one")
        if self.every < 1:
            raise ValueError(f"every is {self.every}: it has to be at least 1")

    def after(self, date):
        """The first date strictly after `date`; None when there is none."""
        months = max(0, (date.year - EPOCH.year) * 12 + date.month - EPOCH.month)
        step = months // self.every * self.every
        while (found := self._in_month(step)) is not None and found <= date:
            step += self.every
        return None if found is None or (self.until and found > self.until) else found

    def _in_month(self, months):
        year, month = EPOCH.year + months // 12, EPOCH.month + months % 12
        if year > dt.MAXYEAR:
            return None
        last = calendar.monthrange(year, month)[1]
        return dt.date(year, month, last if self.day == -1 else min(self.day, last))
