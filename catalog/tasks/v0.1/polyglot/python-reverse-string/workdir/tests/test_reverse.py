import unittest

from src.reverse import reverse


class Reverse(unittest.TestCase):
    def test_word(self):
        self.assertEqual(reverse("stressed"), "desserts")


if __name__ == "__main__":
    unittest.main()
