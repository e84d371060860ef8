"""Tests of feeds/onboarding."""
