"""Tests of feeds/probing."""
