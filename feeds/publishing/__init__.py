"""The built site brought to where it is served from: a folder, or object storage."""
