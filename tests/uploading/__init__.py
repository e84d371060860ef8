"""Tests of feeds/uploading."""
