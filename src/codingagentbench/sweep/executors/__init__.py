"""Where the cells of a plan are run."""
