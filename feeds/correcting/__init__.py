"""Corrections: what is online is made to agree with the catalog, and what is done with leaves the editors' sight."""
