"""Control models: scripted, with a known right outcome. They prove the harness, and are never ranked."""
