import unittest

from src.math_ops import add


class Add(unittest.TestCase):
    def test_two_and_two_is_four(self):
        self.assertEqual(add(2, 2), 4)
