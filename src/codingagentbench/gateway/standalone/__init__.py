"""The gateway without sweeps: `cab gateway serve`."""
