"""What a user's id may be: Dailymotion's word for the account, and the name of its feed's file on any machine."""

import re

# Dailymotion's ids are letters and digits (x1fz4ii); we leave them room, but none for a path.
USER_ID = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
# Names that Windows keeps for devices: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
_USER_ID = re.compile(USER_ID)


def is_user_id(value: str) -> bool:
    """Return whether this can be a user's id."""
    return _USER_ID.fullmatch(value) is not None and not _DEVICE.fullmatch(value)
