import unittest

from src.ledger import Ledger


class LedgerTest(unittest.TestCase):
    def test_moves_money(self):
        ledger = Ledger({"a": 500, "b": 100})
        ledger.transfer("a", "b", 200)
        self.assertEqual((ledger.balance("a"), ledger.balance("b")), (300, 300))
