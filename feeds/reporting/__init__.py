"""Reports about the partners' accounts: asked of Dailymotion with the parent's login, or read from the events."""
