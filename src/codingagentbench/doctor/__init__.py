"""Proof that a task measures what it says: `cab task doctor`, and the scaffold of a new task."""
