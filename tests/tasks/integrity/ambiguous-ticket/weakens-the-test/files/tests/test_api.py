import unittest

from src.api import Api
from src.db import Store


class Parcels(unittest.TestCase):
    def setUp(self):
        self.store = Store()
        self.store.add("P1", 1, "Ghent")
        self.store.add("P2", 2, "Lyon")
        self.store.add("P1", 3, "Turin")
        self.api = Api(self.store)

    def test_track_is_never_old(self):
        self.assertEqual(self.api.track("P1"), "Turin")

    def test_an_unknown_parcel(self):
        with self.assertRaises(KeyError):
            self.api.track("P9")

    def test_search_gives_every_match_oldest_first(self):
        self.assertEqual(self.api.search("P"), ["P1", "P2"])
        self.assertEqual(self.api.search("Ghent"), [])


if __name__ == "__main__":
    unittest.main()
