"""Cassettes: a cell's recorded calls, served again with no network."""
