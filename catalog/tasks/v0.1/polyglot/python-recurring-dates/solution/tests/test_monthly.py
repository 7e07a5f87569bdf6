import datetime as dt
import unittest

from src.schedule import Monthly, parse, upcoming


class MonthlyTest(unittest.TestCase):
    def test_short_months_end_earlier(self):
        dates = upcoming(Monthly(31), dt.date(2026, 1, 31), 3)
        self.assertEqual(dates, [dt.date(2026, 1, 31), dt.date(2026, 2, 28), dt.date(2026, 3, 31)])

    def test_words(self):
        self.assertEqual(parse("every 3 months on 31"), Monthly(31, 3))
        self.assertEqual(parse("monthly on last"), Monthly(-1))
