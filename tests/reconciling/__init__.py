"""What really is online."""
