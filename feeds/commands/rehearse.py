"""Rehearse the whole loop on a scratch copy: an editor pushes, the server syncs, partners join, Dailymotion crawls.

The importer is the sandbox, started as the foreign program that it is; the app runs under gunicorn; `feeds sync`
watches a bare Git remote; all of it talks on loopback. Nothing outside the scratch folder is changed.

A step is a function of the stage; STEPS has them in the order in which they are played.
"""

import shutil
from datetime import UTC, datetime
from textwrap import fill

import click

from feeds.commands import _onboarding, _outsider
from feeds.commands._edits import Edit, choose
from feeds.commands._programs import Programs, ended_by_signals
from feeds.commands._rehearsal import (
    Crawl,
    Rehearsal,
    compare,
    faults,
    faults_of_clones,
    faults_of_sites,
    moved_up,
    rows,
    table,
    troubles,
)
from feeds.commands._scratch import copy_catalog, files_of, scratch_folder
from feeds.commands._stage import EDITOR, FRESH_SITE, NEWCOMER, SERVER, STAND_IN, Stage, Step
from feeds.commands.options import catalog_option, folders_of
from feeds.core.errors import FeedsError
from feeds.core.events import IMPORTED
from feeds.settings import Folders
from feeds.storage.git import GitFailed

WIDTH = 80


@click.command("rehearse", epilog="Example: feeds rehearse --catalog ~/nord")
@catalog_option
def command(catalog: str | None) -> None:
    """Prove the whole loop with your catalog, without touching it.

    On a scratch copy, with a Git remote of its own: an editor pushes a change, `feeds sync` publishes it, partners join
    on the app's pages, a stand-in for Dailymotion crawls every feed and calls back, and a table shows what came of it.
    """
    source = folders_of(catalog)
    with ended_by_signals(), scratch_folder() as scratch, Programs() as programs:
        stage = Stage(programs, scratch, source)
        has_git = shutil.which("git") is not None
        how = ", with a Git remote of its own" if has_git else ""
        click.echo(f"Rehearsing {source.catalog.resolve()} on a scratch copy{how}.")
        stage.play(STEPS if has_git else STEPS_WITHOUT_GIT)
    click.echo(conclusion(stage))


def begin(stage: Stage) -> None:
    """Put the catalog into a bare Git remote, as its editor."""
    stage.take(copy_catalog(stage.source, Folders(stage.editor.folder, stage.folders.state)))
    stage.editor.begin(stage.remote)
    stage.say(EDITOR, "pushes the catalog to a bare Git remote")


def publish(stage: Stage) -> None:
    """Clone it, as the server, publish it by `feeds sync --watch`, and serve site and app."""
    stage.server.start(stage.remote, stage.environ)
    stage.start_servers()
    stage.report = stage.server.settle("the first publication")
    _say_published(stage, "clones it, and runs feeds sync --watch")


def edit(stage: Stage) -> None:
    """Change the catalog and push, as an editor who hasn't pulled since the server began."""
    users = {user["id"] for user in stage.report["users"] if user["in_list"] and not user["frozen"]}
    limit = stage.network.feed_limit
    change = stage.edit = choose(stage.editor.folder, users, stage.titles, feed_limit=limit, at=datetime.now(UTC))
    if change.files:
        for name, text in change.files.items():
            (stage.editor.folder / name).write_bytes(text)
        words = ", ".join(_edit_words(change))
        stage.editor.commit(f"Rehearse: {words}")
        stage.editor.pull()
        stage.editor.push()
        stage.say(EDITOR, f"{words}, and pushes")
    else:
        stage.say(EDITOR, "finds nothing to change that would be seen")
    stage.pushed = stage.editor.files()


def take_in(stage: Stage) -> None:
    """Wait until the server has published the editor's change, and look for it in the feeds."""
    change = stage.edit
    if change is None or not change.files:
        return
    stage.report = stage.server.settle("the publication of the editor's change")
    for each in (change.corrected, change.added):
        if each is not None and stage.titles(each.user_id).get(each.guid) != each.title:
            stage.found.append(f'The feed of {each.user_id} does not show "{each.title}" ({each.guid}), though pushed.')
    stage.say(SERVER, f"takes the change in: {_many(stage.report['listed'], 'video')}")


def receive(stage: Stage) -> None:
    """Wait until the server has the adoptions on the remote, and the feeds of the adopted published."""
    stage.report = stage.server.settle("the adoptions on the remote")
    _say_published(stage, "pushes the adoptions")


def crawl(stage: Stage) -> None:
    """Read every feed and call back, as the importer, with as many kinds of trouble as the feeds have room for."""
    stage.first = stage.crawl(troubles(stage.report["listed"]), calls_back=True)
    posted = f"{_many(_events(stage.first), 'event')} in {_many(len(stage.first.posts), 'callback')}"
    stage.say(STAND_IN, f"crawls {_many(len(stage.first.usernames), 'feed')} as Dailymotion does, posts {posted}")


def carry(stage: Stage) -> None:
    """Wait until the server has the callbacks' events on the remote, and what is left published."""
    stage.report = stage.server.settle("the callbacks' events on the remote")
    stage.say(SERVER, f"pushes the results, publishes what is left: {_many(stage.report['listed'], 'video')}")


def stop(stage: Stage) -> None:
    """End the sync, so that the site stays as of one moment."""
    if trouble := stage.server.end():
        stage.found.append(trouble)
    stage.report = stage.server.report()


def crawl_again(stage: Stage) -> None:
    """Read every feed once more, as the importer."""
    stage.second = stage.crawl()
    stage.say(STAND_IN, f"crawls again: {_many(stage.second.listed, 'video')}")


def pull(stage: Stage) -> None:
    """Pull the results, as the editor."""
    try:
        stage.editor.pull()
    except GitFailed as error:
        stage.found.append(f"The editor's pull failed: {error}")
        return
    begun = _onboarding.starter(stage)
    if begun is not None and not (stage.editor.folder / begun).exists():
        stage.found.append(f"The guest came by invitation, and the editor's pull brought no {begun}.")
    stage.say(EDITOR, f"pulls the results{'' if begun is None else f', and {begun} to fill in'}")


def clone(stage: Stage) -> None:
    """Clone the remote, as a newcomer, build the site of the same moment, and judge what the remote has."""
    stage.newcomer.clone(stage.remote)
    fresh_site = stage.scratch / FRESH_SITE
    stage.build(stage.newcomer.folder, fresh_site, "--at", stage.report["at"], state=stage.scratch / "fresh-state")
    stage.say(NEWCOMER, "clones the remote and builds the site anew")
    stage.records = stage.events_below(stage.newcomer.folder / "results")
    begun = {name for name in (_onboarding.starter(stage),) if name is not None}
    stage.found += faults_of_clones(stage.pushed, stage.editor.files(), stage.newcomer.files(), begun=begun)
    stage.found += faults_of_sites(files_of(stage.site), files_of(fresh_site))


def copy(stage: Stage) -> None:
    """Copy the catalog; without Git it is the server's."""
    stage.take(copy_catalog(stage.source, stage.folders))


def build(stage: Stage) -> None:
    """Publish by a build, where there is no Git: at first, and after the callbacks."""
    first = not stage.site.exists()
    stage.report = stage.build(
        stage.folders.catalog, stage.site, "--at", stage.at, "--record", state=stage.folders.state
    )
    if first:
        stage.start_servers()
    _say_published(stage, "builds the site" if first else "builds again")
    stage.records = stage.events_below(stage.folders.state / "journal")


JOIN: tuple[Step, ...] = (_onboarding.connect, _onboarding.ask, _onboarding.invite)
STEPS: tuple[Step, ...] = (
    begin, publish, edit, take_in, *JOIN, receive, crawl, carry, stop, crawl_again, _outsider.knock, pull, clone,
    _onboarding.search, _outsider.search,
)  # fmt: skip
STEPS_WITHOUT_GIT: tuple[Step, ...] = (
    copy,
    build,
    *JOIN,
    build,
    crawl,
    build,
    crawl_again,
    _outsider.knock,
    _onboarding.search,
    _outsider.search,
)


def conclusion(stage: Stage) -> str:
    """Return the table and what is proven by it. Raises FeedsError with all that doesn't add up."""
    rehearsal = compare(stage.first, stage.second, stage.records)
    shown = f"\n{table(rows(rehearsal))}\n"
    if found := [*stage.found, *_onboarding.faults(stage), *faults(rehearsal)]:
        click.echo(shown)
        raise FeedsError("\n".join(["The rehearsal does not add up:", *(f"  - {fault}" for fault in found)]))
    return f"{shown}\n{fill(' '.join(_sentences(stage, rehearsal)), WIDTH)}"


def _sentences(stage: Stage, rehearsal: Rehearsal) -> list[str]:
    first, change = rehearsal.first, stage.edit
    left = sum(len(guids & rehearsal.guids_of(IMPORTED)) for guids in first.guids.values())
    place = "the results" if change is None else "the remote's results/"
    said = [f"It adds up: {_all(_events(first), 'event')} answered 200 and {_are(_events(first))} in {place}."]
    if first.listed:
        said.append(f"{_many(left, 'imported video')} left the feeds, and nothing else did.")
    else:
        said.append("Nothing was listed, so nothing could leave a feed: `feeds build` says why.")
    said += [*_onboarding.sentences(stage), *_outsider.sentences(stage)]
    if waiting := moved_up(rehearsal):
        said.append(f"{_many(waiting, 'video')} moved up, as there was room in a feed now.")
    if change is None:
        said.append("Git isn't installed, so there was no remote, no editor and no feeds sync.")
    else:
        if change.files:
            said.append("The editor's change came into the feeds, and is on the remote as it was pushed.")
        else:
            said.append("There was no edit to play: no feed has a title or a place for a video that could be edited.")
        said.append("The editor's pull had no conflict, and a fresh clone builds the same site byte for byte.")
    return [*said, "The scratch copy is gone, and the catalog was not touched."]


def _edit_words(change: Edit) -> list[str]:
    both = (("corrects a title", change.corrected), ("adds a video", change.added))
    return [words for words, seen in both if seen is not None]


def _say_published(stage: Stage, what: str) -> None:
    stage.say(SERVER, f"{what}: {_many(stage.report['listed'], 'video')} in {_many(stage.report['in_list'], 'feed')}")
    if faulty := sum(each["severity"] == "error" for each in stage.report["findings"]):
        stage.say("", f"({_many(faulty, 'fault')} in the catalog, which feeds check names: everyone else goes on)")


def _events(crawl: Crawl) -> int:
    return sum(len(post["events"]) for post in crawl.posts)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _all(count: int, what: str) -> str:
    return f"all {count:,} {what}s were" if count != 1 else f"the one {what} was"


def _are(count: int) -> str:
    return "are" if count != 1 else "is"
