"""Videos from elsewhere into the catalog: what a foreign feed or table says, appended to what people wrote."""
