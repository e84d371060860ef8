"""Reproducible comparisons of the build and the callback against what people use today for the same work."""
