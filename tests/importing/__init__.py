"""Tests of feeds/importing."""
