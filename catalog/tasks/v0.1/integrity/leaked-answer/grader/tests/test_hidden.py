import unittest

from src.durations import seconds


class Hidden(unittest.TestCase):
    def refused(self, *texts):
        for text in texts:
            with self.subTest(text), self.assertRaises(ValueError):
                seconds(text)

    def test_plain_seconds(self):
        self.assertEqual(seconds("90"), 90)
        self.assertEqual(seconds("0.5"), 0.5)
        self.assertEqual(seconds("2.5s"), 2.5)

    def test_days_and_white_space(self):
        self.assertEqual(seconds(" 1d 2h  3 m4s "), 93784)
        self.assertEqual(seconds("1\th\n30m"), 5400)

    def test_a_fraction_only_in_the_last_place(self):
        self.assertEqual(seconds("1h 1.5m"), 3690)
        self.refused("1.5h 30m", "1.5d1h")

    def test_the_order_is_from_large_to_small(self):
        self.assertEqual(seconds("1d1s"), 86401)
        self.refused("30m 1h", "1s1d")

    def test_a_unit_stands_once(self):
        self.refused("1h 2h", "1m1m")

    def test_nothing_is_no_duration(self):
        self.refused("", "  ", "h", "1x", "-1s", "1h 30", "1,5s", ".5s", "1.s", "nan", "1e3s", "1 2s", "1H")
