"""The stand-in for Dailymotion against its own promises and against other people's clients."""
