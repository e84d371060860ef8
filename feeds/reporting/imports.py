"""The report about imports, from journal and results alone: no network is needed, and no login."""

from datetime import datetime

from feeds.building.live import last_owner
from feeds.building.results import built_from
from feeds.building.status_events import read_events
from feeds.core.events import fold_video
from feeds.core.import_report import import_tables
from feeds.core.reports import Report
from feeds.onboarding.register import Register
from feeds.reporting.wanted import read_wanted
from feeds.settings import Folders

_NOT_NOTED = (
    "Of what was never noted as listed nobody can say whose it was: `feeds sync` and `feeds build --record` note it."
)


def import_report(folders: Folders, names: tuple[str, ...], *, at: datetime) -> Report:
    """Return what was listed, imported and failed, of everybody or of these users. Raises as `read_wanted`."""
    register = Register(folders)
    network, wanted = register.network(), read_wanted(register, names)
    happened = read_events(Folders(built_from(folders), folders.state))
    videos = ((last_owner(events), fold_video(events)) for events in happened.guids.values())
    chosen = None if wanted.named is None else frozenset(wanted.named)
    told = (each for each in videos if chosen is None or each[0] in chosen)
    users = wanted.named or tuple(wanted.adopted)
    tables = import_tables(told, wanted.usernames, users)
    nobodys = any(not row.key for row in tables[0].rows)
    return Report("imports", "Imports", network.name, at, tables, (_NOT_NOTED,) if nobodys else ())
