"""Ask whether what the catalog points to is there: films, pictures and captions."""
