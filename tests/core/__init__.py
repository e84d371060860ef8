"""Tests of feeds/core."""
