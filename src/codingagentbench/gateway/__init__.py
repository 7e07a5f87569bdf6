"""The metering model proxy: the only door of a sandbox."""
