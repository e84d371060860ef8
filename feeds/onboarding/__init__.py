"""Onboarding: who may join the network, and what a decision about them does; the same for the web and the terminal."""
