"""Two servers, an editor, Dailymotion and bad luck, in any order: the promises hold at every step, and all settles.

What ought to be is worked out by promised.py, which shares no rule with the code under test. Servers work as they do on
a machine: their own clone, journal, site and app, real Git, real kills.
"""

import inspect
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from feeds.building.site import Wish, build
from feeds.commands import results
from feeds.core.errors import FeedsError, UsageError
from feeds.settings import Folders
from tests.campaigns import promised
from tests.campaigns.actors import GUIDS, OF, SLIPS, START, Host, body_of, guids_of, lines_at, text_of
from tests.campaigns.promised import Catalog, Fact, User, Video
from tests.clones import Clones, git, killed_within
from tests.serving import SECRET
from tests.sites import line

ANY_NUMBER = 10_000

servers = st.sampled_from(["one", "two"])
users = st.sampled_from(["anna", *OF])
picks = st.integers(0, 14)
says = st.sampled_from(["ready 1", "ready 1", "ready 2", "error 1", "error 2", "error 3", "nonsense"])
ways = st.sampled_from(["push", "push", "push", "push with a word", "force"])


class Network(RuleBasedStateMachine):
    """All that can happen, as rules; after each, what was promised is looked at from outside."""

    template: Path
    tally: Counter

    def __init__(self):
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="promises-"))
        self.clones = Clones.copied(self.template, self.root)
        self.hosts = {name: Host(name, self.clones.server_at(name)) for name in ("one", "two")}
        self.head, self.pushes = START, [(git(self.clones.editor.catalog, "rev-parse", "HEAD"), START)]
        self.edited, self.bodies, self.step, self.last = set(), [], 0, 0
        self.facts = [
            Fact(-1, "adopted", json.loads(text[2:])["user"], "", text)
            for text in self.remote_lines()
            if b'"adopted"' in text
        ]
        self.theirs = self.editors_files(self.clones.editor.catalog, "HEAD")
        self.tally["examples"] += 1

    def teardown(self):
        try:
            if sys.exc_info()[0] is None:
                self.settles()
        finally:
            shutil.rmtree(self.root)

    # -- what there is, read with nothing but Git

    @property
    def up(self):
        return self.clones.remote.exists()

    def remote_lines(self):
        return lines_at(self.clones.remote, "main") if self.up else []

    def editors_files(self, folder, revision):
        tree = git(folder, "ls-tree", revision).splitlines()
        return [each for each in tree if not each.endswith("\tresults")]

    def acknowledged(self, host, before, made):
        """Take down what a host has just acknowledged; the lines must stand in its journal."""
        new = host.journal()[len(before) :]
        assert len(new) == len(made)
        for text, (kind, of, name, timestamp_ms) in zip(new, made, strict=True):
            assert json.loads(text[2:])["event"] == kind
            self.facts.append(Fact(self.step, kind, of, name, text, timestamp_ms))
        self.tally["acknowledged"] += len(made)

    def tick(self):
        """Let the next moment come, by which events are told apart."""
        while (now := time.time_ns() // 1_000_000) <= self.last:
            time.sleep(0.0005)
        self.last = now + 1
        self.step += 1

    # -- Dailymotion, and people at the results

    @rule(where=servers, told=st.lists(st.tuples(st.sampled_from(GUIDS), says), min_size=1, max_size=3, unique=True))
    def callbacks_arrive(self, where, told):
        self.bodies.append(told)
        self.post(self.hosts[where], told)

    @precondition(lambda self: self.bodies)
    @rule(where=servers, which=picks, turned=st.booleans())
    def callbacks_arrive_again(self, where, which, turned):
        told = self.bodies[which % len(self.bodies)]
        self.post(self.hosts[where], told[::-1] if turned else told)

    def post(self, host, told):
        self.tick()
        before, bodies = host.journal(), [body_of(*each) for each in told]
        answer = host.client.post(f"/callback/{SECRET}", data=json.dumps(bodies))
        assert (answer.status_code, answer.json["recorded"]) == (200, len(told))
        kinds = {"ready": "imported", "error": "import_failed", "nonsense": "unclear"}
        made = [
            (kinds[what.split()[0]], guid, body["data"].get("remote_id", what), body.get("timestamp", 0))
            for (guid, what), body in zip(told, bodies, strict=True)
        ]
        self.acknowledged(host, before, made)

    @rule(where=servers, who=users, kind=st.sampled_from(["adopted", "adopted", "left", "rejected"]))
    def a_partner_comes_or_goes(self, where, who, kind):
        self.tick()
        host = self.hosts[where]
        before, at = host.journal(), datetime.now(UTC).isoformat(timespec="milliseconds")
        host.server.happens(line(kind, at, user=who, username=f"{who}-name", parent="x1nord"))
        self.acknowledged(host, before, [(kind, who, "", 0)])

    @rule(where=servers, which=picks, how=st.sampled_from(["undo", "retry"]))
    def a_person_judges(self, where, which, how):
        (self.take_back if how == "undo" else self.ask_for_another_try)(self.hosts[where], which)

    def take_back(self, host, which):
        told = []
        for video in json.loads(self.person(host, "list", "--format", "json", "--ids") or '{"videos": []}')["videos"]:
            told += [(video["guid"], each) for each in video["events"] if each["undone"] is None]
        if told:
            guid, event = told[which % len(told)]
            before = host.journal()
            self.person(host, "undo", event["id"], "--why", "false")
            taken_back = (event["event"], guid, event["remote_id"] or event["status"])
            self.acknowledged(host, before, [("undone", guid, taken_back, 0)])

    def ask_for_another_try(self, host, which):
        open_ = sorted({fact.of for fact in self.facts if fact.kind == "import_failed" and fact.line in host.known})
        if open_:
            before, guid = host.journal(), open_[which % len(open_)]
            if self.person(host, "retry", guid, "--why", "mended"):
                self.acknowledged(host, before, [("retry", guid, "", 0)])

    def person(self, host, *words):
        """Run `feeds results` on a server; return what it says, or nothing where it refuses."""
        self.tick()
        environ = {"FEEDS_CATALOG": str(host.server.catalog), "FEEDS_STATE": str(host.server.state)}
        done = CliRunner().invoke(results.command, words, env=environ)
        if done.exception and not isinstance(done.exception, FeedsError):
            raise done.exception
        return "" if done.exception else done.stdout

    # -- the editor

    def edit(self, catalog, way="push", message="Edit"):
        """Write a catalog and push it, in one of the ways in which people do."""
        editor, word = self.clones.editor, ANY_NUMBER if way == "push with a word" else 0
        for path in (editor.catalog / "users").glob("*"):
            path.unlink()
        for name, user in catalog.users:
            editor.write(f"users/{user.file}.yaml", text_of(name, user))
        editor.network(max_failures=promised.MAX_FAILURES)
        if catalog.slip == "gone":
            (editor.catalog / "catalog.yaml").unlink()
        elif catalog.slip:
            editor.write("catalog.yaml", "network: [")
        editor.push(
            f"{message}\n\nAllow-Removals: {word}" if word else message, *(["--force"] if way == "force" else [])
        )
        self.pushed(catalog, word)

    def pushed(self, catalog, word=0):
        self.head = catalog
        self.pushes.append((git(self.clones.editor.catalog, "rev-parse", "HEAD"), catalog))
        self.theirs = self.editors_files(self.clones.editor.catalog, "HEAD")
        for host in self.hosts.values():
            host.word += word
            host.may_show.append(catalog)
        self.all_is_safe()

    @precondition(lambda self: self.up)
    @rule(who=users, which=picks, how=st.sampled_from(["add", "add", "drop", "retitle", "hold", "rename"]), way=ways)
    def a_video_is_edited(self, who, which, how, way):
        user = self.head.user(who) or User(who)
        its, free = list(user.videos), [guid for guid in OF[who] if guid not in {each.guid for each in user.videos}]
        at = which % len(its) if its else 0
        if how in ("add", "rename") and free:
            video = Video(free[which % len(free)], f"Title of {free[which % len(free)]}")
            its[at : at + (how == "rename")] = [video]
        elif its and how == "drop":
            del its[at]
        elif its and how == "retitle":
            its[at] = its[at]._replace(title=f"Title {self.step} of {its[at].guid}")
        elif its and how == "hold":
            its[at] = its[at]._replace(held=not its[at].held)
        self.step += 1
        self.edited |= {each.guid for each in its if each.title != f"Title of {each.guid}"}
        self.edit(self.head.having(who, User(user.file, tuple(its), user.enabled, user.slip)), way)

    @precondition(lambda self: self.up)
    @rule(
        who=users,
        how=st.sampled_from(["halve", "empty", "fill", "fill", "switch", "remove", "move"]),
        way=ways,
        soon=st.booleans(),
    )
    def a_user_is_edited(self, who, how, way, soon):
        self.edit(self.head.having(who, self.edited_user(who, how)), way)
        if soon:
            self.both_sync(may_push=True)

    def edited_user(self, who, how):
        user = self.head.user(who) or User(who)
        if how == "remove":
            return None
        known = {each.guid: each for each in user.videos}
        its = {
            "halve": user.videos[::2],
            "empty": (),
            "fill": tuple(known.get(guid, Video(guid, f"Title of {guid}")) for guid in OF[who]),
        }.get(how, user.videos)
        file = f"{who}-{len(self.pushes)}" if how == "move" else user.file
        for host in self.hosts.values() if how == "move" else ():
            host.blind = True  # the last good text goes by the file's name
        return User(file, its, user.enabled != (how == "switch"), user.slip)

    @precondition(lambda self: self.up)
    @rule(who=users, slip=st.sampled_from([*SLIPS, "catalog.yaml", "gone"]))
    def a_file_is_broken_or_all_are_mended(self, who, slip):
        user = self.head.user(who) or User(who)
        if not self.head.whole:
            self.edit(self.head.mended())
        elif slip in ("catalog.yaml", "gone"):
            self.edit(Catalog(self.head.users, slip))
        else:
            self.edit(self.head.having(who, User(user.file, user.videos, user.enabled, slip)))

    @precondition(lambda self: self.up)
    @rule(which=picks, how=st.sampled_from(["revert", "force", "delete results"]), soon=st.booleans())
    def the_past_comes_back(self, which, how, soon):
        if how == "revert":
            self.edit(self.pushes[which % len(self.pushes)][1], message="Revert")
        elif how == "force":
            self.push_an_older_commit(which)
        else:
            self.delete_results(which)
        if soon:
            self.both_sync(may_push=True)

    def push_an_older_commit(self, which):
        editor = self.clones.editor.catalog
        del self.pushes[which % len(self.pushes) + 1 :]
        commit, catalog = self.pushes.pop()
        git(editor, "reset", "--quiet", "--hard", commit)
        git(editor, "push", "--quiet", "--force", "origin", "HEAD:main")
        self.pushed(catalog)

    def delete_results(self, which):
        self.clones.editor.pull()
        files = sorted((self.clones.editor.catalog / "results").rglob("*.yaml"))
        if files:
            path = files[which % len(files)]
            lines = path.read_bytes().splitlines(keepends=True)
            path.write_bytes(b"".join(lines[: which % (len(lines) + 1)]))
            self.edit(self.head)

    # -- people on the servers, and bad luck

    @rule(where=servers, how=st.sampled_from(["edit", "stage", "commit", "branch", "detach", "merge"]))
    def somebody_leaves_a_clone_dirty_or_cleans_it(self, where, how):
        host, clone = self.hosts[where], self.hosts[where].server.catalog
        if host.mess:
            self.clean(host)
            return
        if how in ("branch", "detach"):
            git(clone, "checkout", "--quiet", *(["-B", "trial"] if how == "branch" else ["--detach"]))
        host.mess = {"users/bo.yaml": b"# somebody's\n", "notes.txt": b"mine\n"}
        if how == "merge":
            git(clone, "checkout", "--quiet", "-B", "trial")
            self.commit_of_their_own(host, b"# of the other branch\n")
            git(clone, "checkout", "--quiet", "main")
        for name, text in host.mess.items():
            host.server.write(name, text)
        if how in ("stage", "commit", "merge"):
            git(clone, "add", "users/bo.yaml")
        if how in ("commit", "merge"):
            git(clone, "commit", "--quiet", "-m", "Mine")
        if how == "merge":
            subprocess.run(["git", "merge", "--quiet", "trial"], cwd=clone, capture_output=True, check=False)
            host.mess["users/bo.yaml"] = (clone / "users/bo.yaml").read_bytes()
            assert b"<<<<<<<" in host.mess["users/bo.yaml"]

    def commit_of_their_own(self, host, text):
        host.server.write("users/bo.yaml", text)
        git(host.server.catalog, "add", "users/bo.yaml")
        git(host.server.catalog, "commit", "--quiet", "-m", "Trial")

    def clean(self, host):
        clone = host.server.catalog
        git(clone, "checkout", "--quiet", "--force", "-B", "main", "origin/main")
        git(clone, "clean", "-d", "--force", "--quiet")
        host.mess = {}

    @rule(where=servers)
    def a_cache_is_deleted(self, where):
        host = self.hosts[where]
        shutil.rmtree(host.server.state / "cache", ignore_errors=True)
        host.blind = True

    @rule(how=st.sampled_from(["away", "declines"]))
    def the_remote_has_trouble_or_is_well_again(self, how):
        if not self.up or self.declines.exists():
            self.remote_is_well()
        elif how == "away":
            self.clones.remote.rename(self.root / "away.git")
        else:
            self.clones.hook("pre-receive", 'read old new ref; [ "$(git log -1 --format=%an $new)" != feeds ]')

    def remote_is_well(self):
        if not self.up:
            (self.root / "away.git").rename(self.clones.remote)
        self.declines.unlink(missing_ok=True)

    @property
    def declines(self):
        """The hook that takes people's pushes, but no program's."""
        return self.clones.remote / "hooks" / "pre-receive"

    @precondition(lambda self: self.up and "three" not in self.hosts)
    @rule(name=servers)
    def a_machine_comes_with_a_name_that_is_taken(self, name):
        if f"results/{name}/.machine" not in git(self.clones.remote, "ls-tree", "-r", "--name-only", "main"):
            return
        host = self.hosts["three"] = Host("three", self.clones.server_named("three"), may_show=[self.head])
        self.post(host, [("a0", "ready 1")])
        head = self.clones.head()
        with pytest.raises(UsageError, match="belongs to another machine"):
            host.server.sync(instance=name)
        assert self.clones.head() == head
        self.sync(host)

    # -- programs

    @rule(where=servers, may_push=st.sampled_from([True, True, True, False]))
    def a_sync_runs(self, where, may_push):
        self.sync(self.hosts[where], may_push=may_push)

    @rule(may_push=st.sampled_from([True, True, False]))
    def both_sync(self, may_push):
        for name in ("one", "two"):
            self.sync(self.hosts[name], may_push=may_push)

    @rule(where=servers, calls=st.integers(1, 220))
    def a_sync_is_killed(self, where, calls):
        """Kill a sync just before one of its calls to the system; a pass with something to do makes some 200."""
        host = self.hosts[where]
        before = host.published()
        killed = killed_within(lambda: host.server.sync(instance=host.name), calls)
        self.tally["kills"] += killed
        host.unsure = True
        self.nothing_leaves_without_reason(host, before)
        self.all_is_safe()

    def sync(self, host, *, may_push=True):
        before, own = host.published(), set(host.journal())
        done = host.server.sync(instance=host.name, may_push=lambda: may_push)
        self.tally["syncs"] += 1
        self.tally["pushes"] += done.pushed is not None
        host.known |= own | (set() if done.remote_trouble else set(self.remote_lines()))
        refused = any("Nothing was published" in each for each in done.troubles)
        self.tally["refusals"] += refused
        self.nothing_leaves_without_reason(host, before)
        self.nothing_imported_is_listed(host)
        settled = not done.remote_trouble and self.head.whole and not refused
        if settled and may_push:
            self.site_is_as_promised(host.published(), [fact for fact in self.facts if fact.line in host.known])
        if settled:
            host.may_show, host.word, host.unsure, host.blind = [self.head], 0, False, False
            host.before.add(self.head)
        self.all_is_safe()
        return done

    @precondition(lambda self: self.up and self.head.whole)
    @rule()
    def a_fresh_clone_is_built(self):
        lines = set(self.remote_lines())
        feeds = self.fresh("fresh").published()
        self.site_is_as_promised(feeds, [fact for fact in self.facts if fact.line in lines])

    def fresh(self, name):
        shutil.rmtree(self.root / name, ignore_errors=True)
        server = self.clones.server_named(name)
        now = datetime.now(UTC).replace(microsecond=0)
        build(Wish(Folders(server.catalog, server.state), server.out, now, 1))
        return Host(name, server)

    # -- the promises

    def site_is_as_promised(self, feeds, facts):
        wanted = promised.site(self.head, facts)
        unsure = {guid for guid in self.edited if promised.failed(facts, guid)}  # failed as what it was, or as it is
        assert feeds.keys() == wanted.keys()
        for name, feed in wanted.items():
            assert [each for each in feeds[name] if each[0] not in unsure] == [
                each for each in feed if each[0] not in unsure
            ]

    def nothing_imported_is_listed(self, host):
        taken_back = promised.undone(self.facts)
        imported = {
            fact.of
            for fact in self.facts
            if fact.kind == "imported" and fact.line in host.known and fact.told not in taken_back
        }
        for name, guid in guids_of(host.published()):
            user = self.head.user(name)
            if not (host.blind and (self.head.slip or (user and user.slip))):
                assert guid not in imported, f"{guid} of {name} was imported, and {host.name} lists it"

    def nothing_leaves_without_reason(self, host, before):
        gone = guids_of(before) - guids_of(host.published())
        told = {(fact.kind, fact.of) for fact in self.facts}
        edited = set()
        for name, guid in gone:
            explained = {("imported", guid), ("import_failed", guid), ("left", name), ("rejected", name)} & told
            if not explained:
                assert any(guid not in each.listable(name) for each in host.may_show), f"{guid} left without reason"
                edited.add(guid)
        of_many = len(guids_of(before)) >= 10 and len(edited) > 0.3 * len(guids_of(before))
        if of_many and not host.unsure and self.head not in host.before:
            assert host.word >= len(edited), f"{len(edited)} of {len(guids_of(before))} left without a word"

    def all_is_safe(self):
        """Assert that each fact is in a journal, on the remote, or kept where the next pass puts it back from."""
        missing = {fact.line for fact in self.facts} - set(self.remote_lines())
        for host in self.hosts.values():
            missing -= set(host.journal())
            for name, text in host.mess.items():
                assert (host.server.catalog / name).read_bytes() == text
        for host in self.hosts.values() if missing and self.up else ():
            missing -= set(lines_at(host.server.catalog, "refs/feeds/pushed", "refs/feeds/published"))
        if self.up:
            assert not missing
            assert self.editors_files(self.clones.remote, "main") == self.theirs

    def settles(self):
        """Mend what is broken, let each server sync, and see that it all comes to the same."""
        self.remote_is_well()
        self.edit(self.head.mended(), "push with a word")
        for name in ("one", "two"):
            self.a_sync_is_killed(name, 10 + 37 * (self.step + len(self.facts)) % 170)
        for name in ("three", "one", "two", "one"):
            done = self.sync(self.hosts[name]) if name in self.hosts else None
            self.tally["settled"] += done is not None
        one, two = self.hosts["one"], self.hosts["two"]
        site = one.server.tree()
        assert site == two.server.tree() == self.fresh("fresh").server.tree()
        self.site_is_as_promised(one.published(), self.facts)
        for _ in range(4):  # what the builds noted is carried, too
            if not sum(self.sync(host).backlog for host in self.hosts.values()):
                break
        assert [host.journal() for host in self.hosts.values()] == [[]] * len(self.hosts)
        assert one.server.tree() == two.server.tree() == site
        self.everything_is_on_the_remote_once()
        exported = self.person(self.fresh("fresh"), "export", "--format", "json")
        assert json.loads(exported) == promised.video_ids(self.facts)

    def everything_is_on_the_remote_once(self):
        lines = Counter(self.remote_lines())
        assert [fact for fact in self.facts if lines[fact.line] != 1] == []
        assert all(json.loads(text[2:])["event"] for text in lines)
        assert max(lines.values()) == 1
        assert git(self.clones.remote, "rev-list", "--merges", "main") == ""
        assert self.editors_files(self.clones.remote, "main") == self.theirs


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """Return a network that was published by two servers, to be copied."""
    root = tmp_path_factory.mktemp("template")
    clones = Clones(root)
    (root / "server").rename(root / "unused")
    clones.editor.network(max_failures=promised.MAX_FAILURES)
    for name, user in START.users:
        clones.editor.user(name, *(each.guid for each in user.videos), enabled=True)
    clones.editor.push()
    for name in ("one", "two"):
        clones.server_named(name).settle(instance=name)
    clones.editor.pull()
    return root


# Days that each need another guard to end well. The machine finds such by chance; these are sure.
DAYS = {
    "a file is emptied by mistake": [("a_user_is_edited", "anna", "empty", "push", True)],
    "the catalog breaks, and imports go on": [
        ("a_file_is_broken_or_all_are_mended", "anna", "catalog.yaml"),
        ("both_sync", True),
        ("callbacks_arrive", "one", [("a3", "ready 1"), ("b0", "ready 2")]),
        ("both_sync", True),
    ],
    "a false import is taken back on the other server": [
        ("callbacks_arrive", "one", [("a3", "ready 1")]),
        ("both_sync", True),
        ("a_person_judges", "two", 0, "undo"),
        ("both_sync", True),
        ("callbacks_arrive_again", "one", 0, False),
        ("both_sync", True),
    ],
    "a build dies behind what it has taken in": [
        ("callbacks_arrive", "one", [("a3", "ready 1")]),
        ("a_sync_is_killed", "one", 60),
        ("a_sync_runs", "one", True),
    ],
    "a push is refused and then forced away": [
        ("callbacks_arrive", "two", [("a1", "ready 1")]),
        ("a_sync_runs", "two", True),
        ("a_user_is_edited", "anna", "empty", "push", False),
        ("a_sync_runs", "one", True),
        ("the_past_comes_back", 0, "force", False),
        ("a_sync_runs", "one", True),
    ],
    "pushes are declined for a while": [
        ("callbacks_arrive", "one", [("a1", "ready 1"), ("a2", "error 1")]),
        ("the_remote_has_trouble_or_is_well_again", "declines"),
        ("a_sync_runs", "one", True),
        ("callbacks_arrive", "one", [("a2", "error 2")]),
        ("a_sync_runs", "one", True),
    ],
    "a machine takes a name, and results are deleted": [
        ("a_machine_comes_with_a_name_that_is_taken", "one"),
        ("the_past_comes_back", 0, "delete results", True),
    ],
}


@pytest.mark.parametrize("day", DAYS.values(), ids=DAYS)
def test_the_promises_hold_on_a_day_that_needs_a_guard(template, day):
    network = type("Network", (Network,), {"template": template, "tally": Counter()})()
    try:
        for step, *words in day:
            what = getattr(network, step)
            what(**dict(zip(inspect.signature(what).parameters, words, strict=True)))
    finally:
        network.teardown()  # where nothing has failed, all settles


def test_the_promises_hold_whatever_happens_in_whatever_order(template, campaign_s, counted, request):
    machine = type("Network", (Network,), {"template": template, "tally": Counter()})
    long = request.config.getoption("--campaigns")
    until = time.monotonic() + campaign_s
    profile = settings(
        max_examples=6 if long else 2,
        stateful_step_count=30 if long else 8,
        derandomize=not long,
        database=None,
        deadline=None,
        print_blob=True,
        phases=[Phase.generate, Phase.shrink] if long else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    while True:
        run_state_machine_as_test(machine, settings=profile)
        if not long or time.monotonic() > until:
            break
    counted(", ".join(f"{number} {what}" for what, number in machine.tally.items()))
    assert machine.tally["settled"] >= 2 * machine.tally["examples"]
    assert machine.tally["kills"]
