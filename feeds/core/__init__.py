"""Values and rules. Nothing here knows of files, clocks, networks or Flask."""
