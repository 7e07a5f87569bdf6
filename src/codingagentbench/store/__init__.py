"""Records on disk: typed, sealed, read back."""
