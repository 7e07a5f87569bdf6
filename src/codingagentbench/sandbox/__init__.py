"""Sandboxes: where agents and graders run."""
