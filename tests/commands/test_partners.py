"""`feeds partners`, `doctor` and `handover`, against Dailymotion's stand-in: what a person types and reads."""

import io
import json
import re
import sys

import pytest

from feeds.__main__ import run
from feeds.core.partners import PartnerState
from feeds.onboarding.invitations import Links
from sandbox import population, server
from tests import closed_site
from tests.certificates import Authority, serving
from tests.onboarding.conftest import CAFE, PARENT, STRAY, Network
from tests.sites import adopted

KEY = "a-secret-key-0123456789-abcdefgh"
SECRET = "callback-secret-0123456789-abcd"
PATHS = ("CANARY-new-0123456789-abcd", "CANARY-old-0123456789-abcd")
HASH = "$2b$10$" + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ./0"[:53]


class Office(Network):
    """A network whose people type commands."""

    def __init__(self, root, world, app, url, monkeypatch, capsys):
        super().__init__(root, world, app, url)
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.set(
            FEEDS_CATALOG=str(self.site.catalog), FEEDS_STATE=str(self.site.state), XDG_STATE_HOME=str(root / "xdg"),
            FEEDS_PUBLIC_URL="https://partners.nord.example", FEEDS_SECRET_KEY=KEY, FEEDS_CALLBACK_SECRET=SECRET,
            FEEDS_DAILYMOTION_API=url, FEEDS_DAILYMOTION_TOKEN=f"{url}/oauth/token",
            FEEDS_DAILYMOTION_KEY=population.CLIENT_ID, FEEDS_DAILYMOTION_SECRET=population.CLIENT_SECRET,
            FEEDS_DAILYMOTION_USERNAME="nordclips", FEEDS_DAILYMOTION_PASSWORD="sandbox-nordclips", LOGNAME="olga",
        )  # fmt: skip

    def set(self, **settings):
        for name, value in settings.items():
            if value is None:
                self._monkeypatch.delenv(name, raising=False)
            else:
                self._monkeypatch.setenv(name, value)

    def call(self, words, *more, typed=""):
        self._monkeypatch.setattr(sys, "argv", ["feeds", *words.split(), *more])
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        code = run()
        printed = self._capsys.readouterr()
        return code, printed.out, printed.err


@pytest.fixture
def office(tmp_path, monkeypatch, capsys):
    world = population.sample()
    app = server.create_app(world)
    with server.listening(app) as url:
        yield Office(tmp_path, world, app, url, monkeypatch, capsys)


# -- list


def test_the_list_shows_everybody_by_state_with_who_decided_and_why(office):
    office.site.user(CAFE, "c1")
    office.site.happened(adopted("x2small1"))
    office.join(STRAY)
    office.decide("refuse", STRAY, why="not our field")
    code, out, err = office.call("partners list")
    assert code == 0
    assert out == (
        "x2small1-name (x2small1)  adopted, since 2026-11-20  (not in the catalog)\n"
        "strayfilms (x9stray)      refused, since 2026-11-24 by x1nord: not our field  (not in the catalog)\n"
        "x2cafec0-name (x2cafec0)  unknown\n"
    )
    assert err == "1 adopted; 1 refused; 1 unknown\n"
    assert office.call("partners list --state refused")[1].startswith("strayfilms (x9stray)  refused")
    code, _, err = office.call("partners list --state gone")
    assert code == 2
    assert '"gone" is no state' in err


def test_the_list_is_data_too(office):
    office.join(STRAY)
    records = json.loads(office.call("partners list --format json")[1])
    assert records == [
        {"id": STRAY, "username": "strayfilms", "state": "asked to join", "since": "2026-11-24T12:01:00.000Z",
         "by": None, "why": None, "in_catalog": False}
    ]  # fmt: skip


# -- decide


def test_approving_and_refusing_are_recorded_with_the_persons_name(office):
    office.join(STRAY)
    code, out, _ = office.call("partners approve x9stray --why", "contract 881")
    assert (code, out) == (0, "Approved: strayfilms (x9stray). They join by connecting once more; write to them.\n")
    event = office.site.journalled()[-1]
    assert (event["event"], event["by"], event["why"]) == ("approved", "olga", "contract 881")
    code, out, _ = office.call("partners refuse x9stray --why", "not signed")
    assert (code, out) == (0, "Refused: strayfilms (x9stray). They are told so when they connect again.\n")
    assert office.state(STRAY) is PartnerState.REFUSED


@pytest.mark.parametrize("verb", ["approve", "refuse"])
def test_a_dry_run_records_nothing(office, verb):
    office.join(STRAY)
    before = office.events()
    code, out, _ = office.call(f"partners {verb} x9stray --why w --dry-run")
    assert code == 0
    assert out.startswith("Would be ")
    assert office.events() == before


def test_a_rejection_asks_first_and_is_done_at_dailymotion(office):
    office.site.user(CAFE, "c1")
    office.join(CAFE)
    code, out, _ = office.call("partners reject x2cafec0 --why ended --dry-run")
    assert (code, office.is_child(CAFE)) == (0, True)
    assert "Would reject" in out
    code, out, _ = office.call("partners reject x2cafec0 --why ended", typed="n\n")
    assert (code, office.is_child(CAFE)) == (130, True)
    assert "write an e-mail to them" in out
    code, out, _ = office.call("partners reject x2cafec0 --why ended", typed="y\n")
    assert (code, office.is_child(CAFE)) == (0, False)
    assert out.endswith("Rejected: cafecourts (x2cafec0). The next build takes them out of the list.\n")
    assert office.events()[-1] == ("rejected", CAFE)


def test_a_rejection_without_the_parents_login_says_what_to_do_and_does_nothing(office):
    office.site.user(CAFE, "c1")
    office.join(CAFE)
    office.set(FEEDS_DAILYMOTION_USERNAME=None, FEEDS_DAILYMOTION_PASSWORD=None)
    code, _, err = office.call("partners reject x2cafec0 --why ended --yes")
    assert (code, office.is_child(CAFE)) == (3, True)
    assert "`feeds login`" in err
    office.set(FEEDS_DAILYMOTION_USERNAME="strayfilms", FEEDS_DAILYMOTION_PASSWORD="sandbox-strayfilms")
    code, _, err = office.call("partners reject x2cafec0 --why ended --yes")
    assert (code, office.is_child(CAFE)) == (1, True)
    assert "network.parent_id in the catalog is x1nord" in err


def test_what_happened_elsewhere_can_be_recorded(office):
    for what, state in (
        ("adopted", PartnerState.ADOPTED),
        ("left", PartnerState.LEFT),
        ("adopted", PartnerState.ADOPTED),
        ("rejected", PartnerState.REJECTED),
    ):
        code, _, _ = office.call(f"partners record {what} x9stray --username strayfilms --why told")
        assert (code, office.state(STRAY)) == (0, state)
    assert office.register.partner(STRAY).username == "strayfilms"
    code, _, err = office.call("partners record left ../x --why told")
    assert (code, len(office.events())) == (2, 4)
    assert "no account's id" in err


def test_an_unknown_account_is_refused_by_every_decision(office):
    for verb in ("approve", "refuse", "reject --yes"):
        code, _, err = office.call(f"partners {verb} x2typo --why w")
        assert code == 2
        assert "'x2typo' is nobody" in err
    assert office.events() == []


# -- invite


def test_an_invitation_is_a_link_on_standard_output_and_an_event(office):
    code, out, err = office.call("partners invite --days 3 --label", "Anna (contract 881)")
    assert code == 0
    token = re.fullmatch(r"https://partners\.nord\.example/\?invitation=(\S+)\n", out)[1]
    [made] = office.register.invitations()
    assert Links([KEY]).parse(token) == made
    assert made.label == "Anna (contract 881)"
    assert err.startswith("An invitation for Anna (contract 881), good for one account until ")
    assert office.site.journalled()[0]["by"] == "olga"


def test_a_dry_invitation_makes_no_link(office):
    code, out, err = office.call("partners invite --dry-run --label Anna")
    assert (code, out, office.events()) == (0, "", [])
    assert err.startswith("Would make an invitation for Anna")


def test_an_invitation_needs_the_apps_address_and_key(office):
    office.set(FEEDS_PUBLIC_URL=None, FEEDS_SECRET_KEY=None)
    code, _, err = office.call("partners invite --label Anna")
    assert (code, office.events()) == (2, [])
    assert "FEEDS_PUBLIC_URL" in err
    assert "FEEDS_SECRET_KEY" in err


# -- verify


def children(office, *ids):
    for user_id in ids:
        office.world.accounts[user_id].parents.append(PARENT)


def test_a_network_with_children_starts_with_one_command(office):
    population.add_children(office.world, 500, videos=0)
    code, out, _ = office.call("partners verify")
    assert (code, office.events()) == (1, [])
    assert "500 children at Dailymotion, and no event says so" in out
    code, _, err = office.call("partners verify --record")
    assert code == 0
    assert err == "Recorded: 500 adopted, 0 left.\n"
    assert len(office.events()) == 500
    code, out, _ = office.call("partners verify")
    assert code == 0
    assert out.startswith("500 partners are children at Dailymotion, as the events say.\n")
    assert office.register.partner("x3c00007").username == "child00007"


def test_the_drift_is_told_both_ways(office):
    office.site.user(CAFE, "c1")
    office.site.user("x2silent", "s1")
    office.site.happened(adopted("x2small1", "x2openmo"))
    children(office, CAFE, "x2openmo")
    code, out, _ = office.call("partners verify")
    assert code == 1
    assert out == (
        "1 partners are children at Dailymotion, as the events say.\n"
        "1 children at Dailymotion, and no event says so (--record adds `adopted`):\n"
        "  cafecourts (x2cafec0)\n"
        "1 adopted by the events, and no children at Dailymotion (--record adds `left`):\n"
        "  x2small1-name (x2small1)\n"
        "1 in the catalog, and no children at Dailymotion: they have not connected:\n"
        "  x2silent-name (x2silent)\n"
        "1 children at Dailymotion, and not in the catalog: they have empty feeds:\n"
        "  openmovies (x2openmo)\n"
        "1 with another username at Dailymotion than in the catalog:\n"
        "  x2cafec0-name (x2cafec0) is cafecourts there\n"
    )
    record = json.loads(office.call("partners verify --format json")[1])
    assert record["unrecorded"] == [{"id": CAFE, "username": "cafecourts"}]
    assert record["renamed"] == [{"id": CAFE, "username": "x2cafec0-name", "there": "cafecourts"}]
    office.call("partners verify --record")
    assert office.events() == [("adopted", CAFE), ("left", "x2small1")]
    assert office.call("partners verify")[0] == 0


def test_one_account_can_be_verified_alone(office):
    office.site.happened(adopted("x2small1", "x2openmo"))
    children(office, "x2openmo", CAFE)
    assert office.call("partners verify x2openmo")[0] == 0
    code, out, _ = office.call("partners verify x2small1 --record")
    assert code == 0
    assert office.events() == [("left", "x2small1")]
    assert CAFE not in out


def test_beyond_what_one_query_shows_the_known_ones_are_asked_for_by_name(office):
    population.add_children(office.world, 1200, videos=0)
    office.site.happened(adopted(*(f"x3c{number:05}" for number in range(1, 1201)), "x2small1"))
    code, out, _ = office.call("partners verify")
    assert code == 1
    assert out.startswith("1200 partners are children at Dailymotion, as the events say.\n1 adopted by the events")
    assert "Dailymotion shows about 1,000 children and has more" in out
    assert len(office.calls("GET")) < 20


def test_many_departures_at_once_need_a_persons_word(office):
    office.site.happened(adopted(*(f"x3c{number:05}" for number in range(1, 31))))
    population.add_children(office.world, 5, videos=0)
    code, _, err = office.call("partners verify --record")
    assert (code, office.events()) == (2, [])
    assert "25 of 30 partners would be recorded as left" in err
    assert "--left 25" in err
    assert office.call("partners verify --record --left 24")[0] == 2
    assert office.call("partners verify --record --left 25")[0] == 0
    assert len(office.events()) == 25


def test_when_dailymotion_does_not_answer_nobody_has_left(office):
    office.site.happened(adopted("x2small1"))
    office.fault("server-error path=/user/*/children count=9")
    code, _, err = office.call("partners verify --record")
    assert (code, office.events()) == (3, [])
    assert "Traceback" not in err


# -- adopt


def test_an_account_whose_password_we_hold_is_adopted_and_logged_out(office):
    office.site.user(CAFE, "c1")
    code, out, _ = office.call("partners adopt --as cafecourts", typed="sandbox-cafecourts\n")
    assert (code, out) == (0, "Adopted: cafecourts (x2cafec0). The next build lists them.\n")
    assert office.is_child(CAFE)
    assert office.events() == [("adopted", CAFE)]
    assert office.world.sessions == {}


def test_a_wrong_password_or_a_stranger_is_not_adopted(office):
    code, _, err = office.call("partners adopt --as cafecourts", typed="wrong\n")
    assert code == 3
    assert "wrong" not in err
    assert office.call("partners adopt --as cafecourts", typed="\n")[0] == 2
    code, _, err = office.call("partners adopt --as strayfilms", typed="sandbox-strayfilms\n")
    assert (code, office.events(), office.is_child(STRAY)) == (2, [], False)
    assert "feeds partners approve x9stray --why" in err
    assert office.world.sessions == {}


# -- doctor


def site_is_up(office):
    """Serve a built site, and have the catalog say where."""
    import contextlib
    import threading
    from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

    class Files(SimpleHTTPRequestHandler):
        def __init__(self, *given):
            self.extensions_map = {".json": "application/json", ".xml": "application/rss+xml"}
            super().__init__(*given, directory=str(office.site.out))

        def log_message(self, *_):
            pass

    @contextlib.contextmanager
    def up():
        httpd = ThreadingHTTPServer(("127.0.0.1", 0), Files)
        thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}/"
        finally:
            httpd.shutdown()
            thread.join()
            httpd.server_close()

    return up()


def test_the_doctor_finds_a_good_set_up_good_and_confirms_the_parent_by_its_login(office):
    (office.site.state / "parent.json").unlink()
    with site_is_up(office) as url:
        office.site.network(base_url=url, user_list={"confirmed": "true"})
        office.site.user(CAFE, "c1")
        office.site.happened(adopted(CAFE))
        office.site.build()
        code, out, err = office.call("doctor")
    assert code == 0, out
    assert "ok     parent     Nordclips (@nordclips, x1nord)\n" in out
    assert "ok     role       the API key has can-adopt-users\n" in out
    assert "ok     clock      agrees with Dailymotion's\n" in out
    assert f"ok     site       {url}users.json: 1 users\n" in out
    assert f"ok     feed       {url}feeds/{CAFE}.xml: 1 videos\n" in out
    assert "callback URL must be https://partners.nord.example/connect/return\n" in out
    assert "ok     confirmed  partners are adopted by Nordclips (@nordclips, x1nord)\n" in out
    assert err.startswith("0 faults")
    assert json.loads((office.site.state / "parent.json").read_text())["parent"] == PARENT


def test_the_doctor_looks_at_a_site_that_is_served_elsewhere_before_it_is_at_its_own_address(office):
    with site_is_up(office) as url:
        office.site.network(base_url="https://feeds.nord.invalid/")
        office.site.user(CAFE, "c1")
        office.site.happened(adopted(CAFE))
        office.site.build()
        code, out, _ = office.call(f"doctor --site {url.rstrip('/')}")
    assert code == 0, out
    assert f"ok     site       {url}users.json: 1 users\n" in out
    assert f"ok     feed       {url}feeds/{CAFE}.xml: 1 videos\n" in out


def test_the_doctor_believes_an_authority_of_one_s_own_about_the_site_alone(office):
    office.set(REQUESTS_CA_BUNDLE=None, SSL_CERT_FILE=None)
    authority = Authority(office.site.catalog.parent)
    office.site.network(base_url="https://feeds.nord.example/")
    office.site.user(CAFE, "c1")
    office.site.happened(adopted(CAFE))
    office.site.build()
    with serving(office.site.out, authority.signs("feeds.nord.example")) as url:
        code, out, _ = office.call(f"doctor --site {url}")
        assert (code, f"FAULT  site       {url}users.json can't be read: nobody who is trusted" in out) == (1, True)
        office.set(SSL_CERT_FILE="/nowhere.pem")
        code, out, _ = office.call(f"doctor --site {url}")
        assert (code, "FAULT  settings   SSL_CERT_FILE: /nowhere.pem can't be read: No such" in out) == (1, True)
        office.set(SSL_CERT_FILE=str(authority.path))
        code, out, _ = office.call(f"doctor --site {url}")
    assert (code, f"ok     site       {url}users.json: 1 users\n" in out) == (0, True)


def test_without_a_login_a_person_confirms_the_parent_by_its_username(office):
    (office.site.state / "parent.json").unlink()
    office.set(FEEDS_DAILYMOTION_USERNAME=None, FEEDS_DAILYMOTION_PASSWORD=None)
    code, out, _ = office.call("doctor")
    assert code == 1
    assert "FAULT  confirmed  nobody has confirmed that Nordclips (@nordclips, x1nord) is the parent" in out
    assert "feeds doctor --parent-is nordclips" in out
    code, out, _ = office.call("doctor --parent-is strayfilms")
    assert "the parent is Nordclips (@nordclips, x1nord), and not @strayfilms" in out
    assert not (office.site.state / "parent.json").exists()
    out = office.call("doctor --parent-is nordclips")[1]
    assert "ok     confirmed  partners are adopted by Nordclips" in out
    assert (
        "ok     confirmed  partners are adopted by Nordclips (@nordclips, x1nord), since " in office.call("doctor")[1]
    )


@pytest.mark.parametrize(
    ("parent", "says"),
    [
        ("x1typo", "FAULT  parent     Dailymotion knows no account x1typo, which network.parent_id names"),
        ("x9stray", "FAULT  login      the login is of @nordclips (x1nord), and network.parent_id is x9stray"),
    ],
)
def test_a_wrong_parent_id_is_seen_and_not_confirmed(office, parent, says):
    (office.site.state / "parent.json").unlink()
    office.site.network(parent_id=parent)
    code, out, _ = office.call("doctor")
    assert code == 1
    assert says in out
    assert not (office.site.state / "parent.json").exists()


def test_the_doctor_names_what_else_is_missing(office):
    office.set(FEEDS_CALLBACK_SECRET="short", FEEDS_DAILYMOTION_KEY="sandbox-no-role", FEEDS_SECRET_KEY="weak")
    office.site.write("../out/users.json", "{")
    with site_is_up(office) as url:
        office.site.network(base_url=url)
        code, out, _ = office.call("doctor")
    assert code == 1
    assert "FAULT  settings   FEEDS_CALLBACK_SECRET: secret 1 has 5 characters, fewer than 22." in out
    assert "FAULT  settings   FEEDS_SECRET_KEY: key 1 is too easy to guess." in out
    assert "FAULT  role       the API key has no role, and adopting needs can-adopt-users" in out
    assert f"FAULT  site       {url}users.json is no JSON" in out
    assert "look   user list  the shape of users.json is a proposal" in out


def test_the_doctor_says_that_there_are_no_pages_for_partners_yet(office):
    office.set(FEEDS_PUBLIC_URL=None)
    code, out, _ = office.call("doctor --offline")
    assert "look   settings   FEEDS_PUBLIC_URL is not set: the app takes callbacks, and has no pages" in out
    assert (code, "redirect" in out) == (0, False)


def test_the_doctor_works_offline_and_when_dailymotion_is_down(office):
    assert " parent  " not in office.call("doctor --offline")[1]
    assert office.calls("GET") == []
    office.fault("server-error count=99")
    code, out, err = office.call("doctor")
    assert code == 1
    assert "FAULT  parent     " in out
    assert "Traceback" not in err


def test_the_doctor_reads_a_closed_site_by_its_settings_and_shows_none_of_them(office):
    office.site.network(access=["secret path", "basic auth"])
    office.site.user(CAFE, "c1")
    office.site.happened(adopted(CAFE))
    office.site.build(record=True, secret_path=PATHS[0])
    office.set(
        FEEDS_SITE_PATH=PATHS[0], FEEDS_SITE_USERS=f"nord-1:{HASH}", FEEDS_SITE_LOGIN="nord-1:CANARY-pass",
    )  # fmt: skip
    with closed_site.serving(office.site.out, paths=PATHS[:1], logins=["nord-1:CANARY-pass"]) as site:
        code, out, err = office.call(f"doctor --site {site.url}")
        assert (code, "CANARY" in out + err, HASH in out + err) == (0, False, False)
        assert f"ok     site       {site.url}<site secret>/users.json: 1 users\n" in out
        assert "ok     closed     without the login it answers 401\n" in out
        assert "ok     closed     without the secret there is nothing to read\n" in out
        site.logins = ()
        code, out, err = office.call(f"doctor --site {site.url}")
        assert (code, "CANARY" in out + err) == (1, False)
        assert f"FAULT  closed     {site.url}<site secret>/users.json answers 200 without a login: anybody can" in out


def test_the_doctor_sends_its_login_to_no_site_that_asks_for_none(office):
    office.site.network(access=["secret path"])
    office.site.build(record=True, secret_path=PATHS[0])
    office.set(FEEDS_SITE_PATH=PATHS[0], FEEDS_SITE_LOGIN="nord-1:CANARY-pass")
    with closed_site.serving(office.site.out, paths=PATHS[:1]) as site:
        assert office.call(f"doctor --site {site.url}")[0] == 0
        assert {login for _, login in site.asked} == {None}


def test_the_doctor_names_what_is_wrong_with_the_settings_of_a_closed_site_offline_too(office):
    office.site.network(access=["secret path", "basic auth", "addresses"])
    code, out, _ = office.call("doctor --offline")
    assert code == 1
    assert "FAULT  settings   FEEDS_SITE_PATH is missing, the secret in the site's addresses. Make one: python" in out
    assert "look   settings   FEEDS_SITE_USERS is not set here" in out
    office.set(FEEDS_SITE_PATH="CANARY", FEEDS_SITE_USERS=":CANARY", FEEDS_SITE_LOGIN="CANARY")
    code, out, err = office.call("doctor --offline")
    assert (code, "CANARY" in out + err) == (1, False)
    assert [out.count(f"FAULT  settings   FEEDS_SITE_{name}") for name in ("PATH", "USERS", "LOGIN")] == [1, 1, 1]
    office.set(FEEDS_SITE_PATH=PATHS[0], FEEDS_SITE_USERS=f"nord-1:{HASH}", FEEDS_SITE_LOGIN="nord-0:CANARY")
    code, out, err = office.call("doctor --offline")
    assert (code, "CANARY" in out + err) == (1, False)
    assert "FAULT  settings   the name in FEEDS_SITE_LOGIN is none of FEEDS_SITE_USERS" in out
    assert "Use one of nord-1.\n" in out


def test_the_doctor_sends_nothing_that_opens_the_site_over_an_open_line(office):
    office.site.network(base_url="http://feeds.nord.invalid/", access=["basic auth"])
    office.set(FEEDS_SITE_USERS=f"nord-1:{HASH}", FEEDS_SITE_LOGIN="nord-1:pass")
    code, out, _ = office.call("doctor")
    assert code == 1
    assert "FAULT  site       http://feeds.nord.invalid/ is http: what opens the site would go there unencrypted" in out
    assert "closed" not in out


# -- handover


def test_the_letter_has_the_three_references_and_tells_the_two_callbacks_apart(office):
    office.site.user(CAFE, {"guid": "c1", "duration": "1:30:00"}, {"guid": "c2", "category": "music"})
    office.site.happened(adopted(CAFE))
    code, out, err = office.call("handover")
    assert code == 0
    for line in (
        "https://feeds.nord.example/users.json",
        "https://feeds.nord.example/feeds/<Dailymotion user id>.xml",
        "https://partners.nord.example/callback/<secret>",
        "https://partners.nord.example/connect/return",
        "users         1, of which 1 are adopted",
        "videos        2",
        "running time  2 hours (of the 1 videos whose duration we know)",
        "categories    music 1, tv 1",
    ):
        assert f" {line}\n" in out
    assert 'a bare array of {"id", "username", "feed_url"}' in out
    assert SECRET not in out + err
    assert f"/callback/{SECRET}\n" in office.call("handover --show-secrets")[1]


def test_a_confirmed_shape_is_asked_about_no_more_and_another_one_is_told(office):
    shape = {"wrap": "users", "fields": {"id": "xid", "username": "name", "feed": "mrss"}}
    office.site.network(user_list=shape)
    assert 'an array of {"xid", "name", "mrss"}, below the key "users"' in " ".join(office.call("handover")[1].split())
    office.site.network(user_list={**shape, "confirmed": "true"})
    assert "user list right" not in office.call("handover")[1]


def test_the_letter_of_a_closed_site_has_the_newest_secret_when_asked_for_and_never_a_hash(office):
    office.site.network(access=["secret path", "basic auth", "addresses"])
    office.set(FEEDS_SITE_PATH=",".join(PATHS), FEEDS_SITE_USERS=f"nord-2:{HASH},nord-1:{HASH}")
    code, out, err = office.call("handover")
    assert code == 0
    assert "https://feeds.nord.example/<site secret>/users.json\n" in out
    assert "https://feeds.nord.example/<site secret>/feeds/<Dailymotion user id>.xml\n" in out
    assert "CANARY" not in out + err
    assert "The first two addresses are new." in out
    assert "The login nord-2 is new" in out
    shown = office.call("handover --show-secrets")[1]
    assert f"https://feeds.nord.example/{PATHS[0]}/users.json\n" in shown
    assert f"https://feeds.nord.example/{PATHS[0]}/feeds/<Dailymotion user id>.xml\n" in shown
    assert PATHS[1] not in shown
    assert HASH not in out + err + shown


def test_a_letter_without_the_site_s_secrets_is_refused_with_where_they_are(office):
    office.site.network(access=["secret path", "basic auth"])
    code, out, err = office.call("handover")
    assert (code, out) == (2, "")
    assert "FEEDS_SITE_PATH is missing" in err
    assert "FEEDS_SITE_USERS is missing" in err
    assert "The letter needs what the web server has: run this with its settings." in err
    office.site.network()
    office.set(FEEDS_SITE_PATH="weak")  # which an open site doesn't ask for
    assert office.call("handover")[0] == 0
