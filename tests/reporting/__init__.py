"""Tests of feeds/reporting."""
