"""Dailymotion's API and OAuth: the only place that knows either."""
