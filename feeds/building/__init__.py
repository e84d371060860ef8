"""The build: from the catalog's and the results' files to the site's, through the index, in a few processes."""
