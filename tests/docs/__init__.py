"""The documents, tried out."""
