"""Tests of feeds/building."""
