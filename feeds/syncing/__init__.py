"""The one program that writes the catalog's clone on the server: events into Git, edits onto the site."""
