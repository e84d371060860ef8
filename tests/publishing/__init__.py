"""What publishing the built site has to keep."""
