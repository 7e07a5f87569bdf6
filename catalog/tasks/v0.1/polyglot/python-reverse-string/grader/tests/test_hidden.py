import unittest

from src.reverse import reverse


class Hidden(unittest.TestCase):
    def test_empty(self):
        self.assertEqual(reverse(""), "")

    def test_single_character(self):
        self.assertEqual(reverse("q"), "q")

    def test_longer_text(self):
        self.assertEqual(reverse("The quick brown fox."), ".xof nworb kciuq ehT")

    def test_unicode(self):
        self.assertEqual(reverse("naïve ☕ 東京"), "京東 ☕ evïan")

    def test_twice_is_the_same(self):
        for text in ("", "a", "ab", "abc", "  spaced  ", "line\nbreak"):
            self.assertEqual(reverse(reverse(text)), text)

    def test_leaves_its_argument_alone(self):
        text = "unchanged"
        reverse(text)
        self.assertEqual(text, "unchanged")
