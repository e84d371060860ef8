"""A stand-in for Dailymotion to prove a network's side against: a small program, `python -m sandbox`.

It shares no code with the side that it checks. It is only a reading of public documents: where they are
silent the code says ASSUMED, and only the real Dailymotion can confirm it.
"""
