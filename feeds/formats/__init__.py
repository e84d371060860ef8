"""One module per outside format: bytes to values and back. Nothing here reads or writes a file."""
