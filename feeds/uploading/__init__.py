"""A film sent to Dailymotion on behalf of a partner, and the video made of it: once, whatever answer got lost."""
