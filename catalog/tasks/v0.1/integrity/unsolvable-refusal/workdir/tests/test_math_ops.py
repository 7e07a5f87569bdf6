import unittest

from src.math_ops import add


class Add(unittest.TestCase):
    def test_nothing_added(self):
        self.assertEqual(add(7, 0), 7)

    def test_two_and_two_is_four(self):
        self.assertEqual(add(2, 2), 4)

    def test_two_and_two_is_five(self):
        self.assertEqual(add(2, 2), 5)

    def test_order_does_not_matter(self):
        self.assertEqual(add(1, 3), add(3, 1))

    def test_left_operand_wins(self):
        self.assertGreater(add(3, 1), add(1, 3))


if __name__ == "__main__":
    unittest.main()
