"""Tests of feeds/previewing."""
