"""TUI bundles: CLIs installed from their registries, addressed by content, shown read-only to sandboxes."""
