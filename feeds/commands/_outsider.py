"""Who has nothing of what opens a rehearsal's closed site: they ask for all of it, and must get nothing."""

from errno import EADDRNOTAVAIL

from feeds.commands._closing import ELSEWHERE, FROM_ELSEWHERE, answer, intrusions
from feeds.commands._onboarding import holders
from feeds.commands._stage import FRESH_SITE, OUTSIDER, Stage
from feeds.core.access import Way
from feeds.core.errors import FeedsError

FEEDS_TRIED = 20


def knock(stage: Stage) -> None:
    """Ask for list, feeds and folders without the login, the secret, and from another address."""
    if not stage.keys.ways:
        return
    names = ["users.json", *(f"feeds/{user}.xml" for user in sorted(stage.second.guids)[:FEEDS_TRIED])]
    tried: dict[str, int] = {}
    before = len(stage.found)
    for way in intrusions(stage.keys, names):
        try:
            status = answer(stage.site_url, way.path, way.headers, way.whence)
        except OSError as error:
            if way.whence == ELSEWHERE and error.errno == EADDRNOTAVAIL:
                continue  # told at the end
            raise FeedsError(f"The site could not be asked by an outsider: {error}.") from error
        tried[way.how] = way.expected
        if status != way.expected:
            stage.found.append(
                f"An outsider who asks for {way.name or 'the folder'} {way.how} gets {status}, not {way.expected}."
            )
    stage.tried = tried
    if len(stage.found) > before:
        stage.say(OUTSIDER, "asks for list, feeds and folders, and sees of them what nobody should")
    else:
        said = ", ".join(f"{how} {status}" for how, status in tried.items() if how.startswith(("without", "from")))
        stage.say(OUTSIDER, f"sees no list, feed or folder: {said}")


def search(stage: Stage) -> None:
    """Look for secret and password in every file and object of Git: the published files alone have the secret."""
    keys = stage.keys
    published = (f"{stage.site.name}/", f"{FRESH_SITE}/")
    kept = set(holders(stage.scratch, [keys.password])) if keys.password else set()
    if keys.path:
        kept |= {path for path in holders(stage.scratch, [keys.path]) if not path.startswith(published)}
    if kept:
        stage.found.append(f"What opens the site is in {', '.join(sorted(kept))}.")


def sentences(stage: Stage) -> list[str]:
    """Return what was proven of a closed site, and what could not be tried."""
    keys = stage.keys
    if not keys.ways:
        return []
    *others, last = keys.ways
    ways = f"{', '.join(others)} and {last}" if others else last
    said = [f"The site was closed by {ways}, and an outsider got nothing of it."]
    if keys.path:
        said.append("Its secret is in the published files and nowhere else on the disk.")
    if keys.password:
        said.append("Its password is nowhere on the disk.")
    if Way.ADDRESSES in keys.ways:
        said.append("Beside Dailymotion's addresses this machine's own was let in, for the rehearsal.")
        if FROM_ELSEWHERE not in stage.tried:
            said.append("It has no other, so nobody came from elsewhere.")
    return said
