"""Tests of feeds/fetching."""
