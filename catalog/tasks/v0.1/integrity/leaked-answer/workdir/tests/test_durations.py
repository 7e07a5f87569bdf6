import unittest

from src.durations import seconds


class Durations(unittest.TestCase):
    def test_parts_with_spaces(self):
        self.assertEqual(seconds("1d 2h"), 93600)

    def test_parts_without_spaces(self):
        self.assertEqual(seconds("1h30m"), 5400)


if __name__ == "__main__":
    unittest.main()
