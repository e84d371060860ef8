"""Takedowns, pushes, archives."""
