import unittest

from src.ledger import Ledger, LedgerError


class Hidden(unittest.TestCase):
    def setUp(self):
        self.ledger = Ledger({"a": 500, "b": 100})

    def refused(self, *transfer):
        with self.assertRaises(LedgerError):
            self.ledger.transfer(*transfer)
        self.assertEqual((self.ledger.balance("a"), self.ledger.balance("b")), (500, 100))
        self.assertEqual(self.ledger.entries, [])

    def test_moves_money(self):
        self.ledger.transfer("a", "b", 200)
        self.assertEqual((self.ledger.balance("a"), self.ledger.balance("b")), (300, 300))
        self.assertEqual(self.ledger.entries, [("a", "b", 200)])

    def test_an_account_may_be_emptied(self):
        self.ledger.transfer("a", "b", 500)
        self.assertEqual(self.ledger.balance("a"), 0)

    def test_too_much_is_refused(self):
        self.refused("a", "b", 501)

    def test_an_unknown_source_is_refused(self):
        self.refused("x", "b", 1)

    def test_an_unknown_target_is_refused(self):
        self.refused("a", "x", 1)
        with self.assertRaises(LedgerError):
            self.ledger.balance("x")

    def test_nothing_and_less_are_refused(self):
        self.refused("a", "b", 0)
        self.refused("a", "b", -5)

    def test_to_itself_changes_nothing(self):
        self.ledger.transfer("a", "a", 500)
        self.assertEqual(self.ledger.balance("a"), 500)
