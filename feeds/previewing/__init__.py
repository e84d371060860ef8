"""Show on this machine how the catalog would be read, while it is being edited."""
