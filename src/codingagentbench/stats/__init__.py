"""Statistics on cells: intervals and rates that show their denominators."""
