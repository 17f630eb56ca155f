"""The control API: pure parts alone, the rest over HTTP on real clusters."""
