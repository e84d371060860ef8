"""What really is on Dailymotion, read within bounds, and held against catalog and events."""
