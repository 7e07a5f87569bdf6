"""The overlays below integrity/ are what agents might leave, tests of theirs included: data, never collected."""

collect_ignore = ["integrity"]
