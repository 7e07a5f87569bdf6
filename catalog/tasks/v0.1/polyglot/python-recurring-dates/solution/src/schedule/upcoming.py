"""The next dates of a rule."""

import datetime as dt


def upcoming(rule, start, count):
    """The next `count` dates from `start` on; fewer where the rule ends."""
    dates = []
    date = start - dt.timedelta(days=1)
    while len(dates) < count:
        found = rule.after(date)
        if found is None:
            break
        dates.append(found)
        date = found
    return dates
