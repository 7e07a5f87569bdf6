"""sweep/executors."""
