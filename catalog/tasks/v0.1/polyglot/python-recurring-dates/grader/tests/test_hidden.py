import datetime as dt
import unittest

import src.schedule as schedule
from src.schedule import Daily, parse, upcoming


def day(text):
    return dt.date.fromisoformat(text)


class Hidden(unittest.TestCase):
    def test_every_month(self):
        dates = upcoming(schedule.Monthly(15), day("2026-11-16"), 3)
        self.assertEqual(dates, [day("2026-12-15"), day("2027-01-15"), day("2027-02-15")])

    def test_short_months_end_on_their_last_day(self):
        dates = upcoming(schedule.Monthly(31), day("2028-01-31"), 4)
        self.assertEqual(dates, [day("2028-01-31"), day("2028-02-29"), day("2028-03-31"), day("2028-04-30")])

    def test_the_last_day(self):
        self.assertEqual(upcoming(schedule.Monthly(-1), day("2026-02-01"), 2), [day("2026-02-28"), day("2026-03-31")])

    def test_every_third_month_is_counted_from_january_2000(self):
        dates = upcoming(schedule.Monthly(1, every=3), day("2026-02-02"), 3)
        self.assertEqual(dates, [day("2026-04-01"), day("2026-07-01"), day("2026-10-01")])

    def test_before_the_beginning(self):
        self.assertEqual(schedule.Monthly(10, every=5).after(day("1999-03-20")), day("2000-01-10"))

    def test_after_is_strict(self):
        self.assertEqual(schedule.Monthly(10).after(day("2026-05-10")), day("2026-06-10"))

    def test_until_ends_it(self):
        rule = schedule.Monthly(1, until=day("2026-03-01"))
        self.assertEqual(upcoming(rule, day("2026-01-01"), 10), [day("2026-01-01"), day("2026-02-01"), day("2026-03-01")])

    def test_a_daily_rule_that_ends(self):
        self.assertEqual(upcoming(Daily(until=day("2026-01-02")), day("2026-01-01"), 9), [day("2026-01-01"), day("2026-01-02")])

    def test_bad_days_and_steps_are_refused(self):
        for bad in (0, 32, -2):
            with self.assertRaises(ValueError):
                schedule.Monthly(bad)
        with self.assertRaises(ValueError):
            schedule.Monthly(1, every=0)

    def test_words(self):
        self.assertEqual(parse("monthly on 15"), schedule.Monthly(15))
        self.assertEqual(parse(" Every 3 months  on 31"), schedule.Monthly(31, 3))
        self.assertEqual(parse("monthly on last"), schedule.Monthly(-1))
        self.assertEqual(parse("every 2 days"), Daily(2))

    def test_words_that_are_none(self):
        for bad in ("monthly", "monthly on 0", "every months on 3", "monthly on 15th", "every 0 months on 1"):
            with self.assertRaises(ValueError):
                parse(bad)
