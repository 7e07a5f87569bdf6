import unittest

from src.durations import seconds


class Durations(unittest.TestCase):
    def test_seconds(self):
        self.assertEqual(seconds("90s"), 90)
