"""Syndicate a network's videos to Dailymotion: feed = catalog - results."""

__version__ = "0.1.0"
