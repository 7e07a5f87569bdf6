"""The command line: one small module a verb, imported only when the verb is used. No logic."""
