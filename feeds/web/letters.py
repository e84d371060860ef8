"""What the network's people may send to a partner: ready to be copied, or opened in a mail program."""

from dataclasses import dataclass
from urllib.parse import quote

from feeds.core.partners import Invitation


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in plain text."""

    subject: str
    text: str

    def mailto(self, email: str) -> str:
        """Return the link that opens it in a mail program, https://www.rfc-editor.org/rfc/rfc6068 ."""
        body = self.text.replace("\n", "\r\n")
        return f"mailto:{quote(email, safe='@')}?subject={quote(self.subject)}&body={quote(body)}"


def come_back(network: str, username: str, url: str) -> Letter:
    """Return the message to a partner who has been approved and must connect once more."""
    return Letter(
        f"{network} has said yes",
        f"Hello {username},\n\n"
        f"{network} would like to have your Dailymotion account in. One thing is left for you to do:\n\n"
        f"1. Open {url}/\n"
        f"2. Choose “Connect with Dailymotion”, and log in as {username}.\n"
        "3. Say yes on the page that follows.\n\n"
        "Then your account is in at once, and Dailymotion confirms it by e-mail.\n\n"
        f"{network}\n",
    )


def connect(network: str, username: str, url: str) -> Letter:
    """Return the message to a partner whom the catalog lists, and who has never connected."""
    return Letter(
        f"Your Dailymotion account and {network}",
        f"Hello {username},\n\n"
        f"{network} is ready to bring your videos to Dailymotion. Please connect your account:\n\n"
        f"1. Open {url}/\n"
        f"2. Choose “Connect with Dailymotion”, and log in as {username}.\n"
        "3. Leave all rights ticked, and say yes on the page that follows.\n\n"
        "Then your account is in at once, and Dailymotion confirms it by e-mail.\n\n"
        f"{network}\n",
    )


def invitation(network: str, made: Invitation, link: str) -> Letter:
    """Return the message with an invitation's link."""
    return Letter(
        f"Your invitation to {network}",
        f"Hello,\n\n"
        f"you are invited to bring your Dailymotion account into {network}. This link is for you alone, for one "
        f"account, until {made.until:%-d %B %Y}:\n\n"
        f"{link}\n\n"
        "Choose “Connect with Dailymotion” there, log in, leave all rights ticked, and say yes on the page that "
        "follows. Then your account is in at once, and Dailymotion confirms it by e-mail.\n\n"
        f"{network}\n",
    )
