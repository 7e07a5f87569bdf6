"""The static site: every sealed cell as a page, every number down to the raw files beside it."""
