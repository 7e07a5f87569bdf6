"""Mutants: tasks made from the correct source of a task, by a seed."""
