"""Syncing, with real clones and a real remote."""
