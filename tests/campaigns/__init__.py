"""Crash and load runs: short in the suite, long with --campaigns."""
