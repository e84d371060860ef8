"""Tests of feeds/dailymotion."""
