"""Sweeps: the plan, its journal, the failure table, executors."""
