"""The accounts of a new world: a network's parent, partners, somebody else, and as many children as are wanted.

All of it is made up. The ids of parent and partners are those of a sample network, and each password says that it is
the sandbox's.
"""

from sandbox.importer import digest
from sandbox.world import Account, Key, Video, World

PARENT, OUTSIDER = "x1nord", "x9stray"
PARTNERS = {"x2cafec0": "cafecourts", "x2openmo": "openmovies", "x2small1": "smallscreen", "x2silent": "silentera"}
CALLBACK_URL = "http://127.0.0.1:8001/connect/return"
CLIENT_ID, CLIENT_SECRET = "sandbox-key", "sandbox-secret"
# Every third child's revenues are null.
_UNKNOWN_EVERY = 3
_CHANNELS = ("music", "news", "sport", "fun")


def sample(
    *, callback_url: str = CALLBACK_URL, client_id: str = CLIENT_ID, client_secret: str = CLIENT_SECRET
) -> World:
    """Return a world in which nobody has been adopted yet.

    Its keys: the one given, with the role to adopt; `sandbox-no-role` without it; `sandbox-private`, which may use
    client_credentials alone. The latter two have the same secret.
    """
    world = World()
    for account_id, name in {PARENT: "nordclips", **PARTNERS, OUTSIDER: "strayfilms"}.items():
        add_account(world, account_id, name)
    user_grants = ["authorization_code", "password", "refresh_token"]
    for key_id, grants, roles in (
        (client_id, user_grants, ["can-adopt-users"]),
        ("sandbox-no-role", user_grants, []),
        ("sandbox-private", ["client_credentials"], ["can-adopt-users"]),
    ):
        world.keys[key_id] = Key(
            key_id, client_secret, "Nord Clips", "A made-up network.", callback_url, PARENT, grants, roles
        )
    return world


def add_children(world: World, count: int, *, videos: int = 2) -> None:
    """Add so many children of the parent, with so many videos each."""
    for number in range(1, count + 1):
        child = add_account(world, f"x3c{number:05d}", f"child{number:05d}")
        child.parents.append(PARENT)
        for video in range(videos):
            values = {
                "title": f"Clip {video + 1} of {child.username}",
                "channel": _CHANNELS[number % len(_CHANNELS)],
                "tags": [],
                "published": True,
                "is_created_for_kids": False,
            }
            video_id = f"x4c{number:05d}{video}"
            world.videos[video_id] = Video(video_id, child.id, child.created_time + video, values)


def add_account(world: World, account_id: str, username: str) -> Account:
    """Add one account whose e-mail, password and revenues follow from its id and name."""
    number = int(digest("account", account_id)[:8], 16)
    revenues: dict[str, float | None] = {}
    for of in ("claim", "paidcontent", "video", "website"):
        for days, span in enumerate(("last_day", "last_week", "last_month", "total"), start=1):
            cents = number % (1000 * days**3)
            revenues[f"{of}_{span}"] = None if number % _UNKNOWN_EVERY == 0 else cents / 100
    world.accounts[account_id] = Account(
        id=account_id,
        username=username,
        password=f"sandbox-{username}",
        screenname=username.capitalize(),
        email=f"{username}@sandbox.example",
        created_time=1_700_000_000 + number % 10_000_000,
        profile={"country": "FR", "language": "en", "first_name": "Sandbox", "last_name": username.capitalize()}
        | ({} if account_id == OUTSIDER else {"partner": "true", "verified": "true"}),
        revenues=revenues,
    )
    return world.accounts[account_id]
