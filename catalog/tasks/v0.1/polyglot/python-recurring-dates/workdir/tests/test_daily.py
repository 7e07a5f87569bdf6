import datetime as dt
import unittest

from src.schedule import Daily, parse, upcoming


class DailyTest(unittest.TestCase):
    def test_every_day(self):
        self.assertEqual(upcoming(Daily(), dt.date(2026, 2, 28), 2), [dt.date(2026, 2, 28), dt.date(2026, 3, 1)])

    def test_words(self):
        self.assertEqual(parse("Every 3  days"), Daily(3))
