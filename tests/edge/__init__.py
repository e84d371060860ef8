"""What `feeds edge` writes, read by the servers it is for."""
