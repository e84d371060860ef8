"""`feeds doctor` before what `feeds edge` has set up: it finds each combination right, and sees a wrong one."""

import shutil

import pytest

from feeds.core.access import Way
from feeds.core.catalog import UserList
from feeds.onboarding.closed import about_closed
from feeds.onboarding.published import PublishedSite, about_site
from tests.edge.conftest import COMBINATIONS, LOOPBACK, NEW, NEW_LOGIN, OLD, SECRETS
from tests.sites import Site, adopted


@pytest.fixture
def built(tmp_path, server):
    """Return a function that builds a site closed in some ways, has the server serve it, and asks the doctor."""

    def examine(ways, *options, paths=(NEW, OLD), login=NEW_LOGIN):
        shutil.rmtree(server.root)
        site = Site(tmp_path)
        site.out = server.root
        site.network(access=list(ways))
        site.user("bo", "b1", "b2")
        site.happened(adopted("bo"))
        site.build(secret_path=NEW)
        server.configure(site.catalog, *options, **SECRETS)
        server.start()
        its = {"ways": ways, "paths": paths if Way.SECRET_PATH in ways else (), "login": login}
        with PublishedSite("https://feeds.nord.example/", served_at=f"http://127.0.0.1:{server.port}", **its) as site:

            def answers():
                feed = yield from about_site(site, UserList())
                yield from about_closed(site, feed)

            return [(each.verdict, each.what) for each in answers()]

    return examine


@pytest.mark.parametrize("ways", COMBINATIONS, ids=lambda ways: " and ".join(ways) or "open")
def test_each_combination_is_found_as_the_catalog_wants_it(built, ways):
    said = built(ways, *(LOOPBACK if "addresses" in ways else ()))
    assert [what for verdict, what in said if verdict == "fault"] == []
    assert said[1][1].endswith("feeds/bo.xml: 2 videos")
    told = " ".join(what for _, what in said)
    assert ("without the login it answers 401" in told) == ("basic auth" in ways)
    assert ("without the secret there is nothing to read" in told) == ("secret path" in ways)
    assert ("no folder is listed" in told) == bool(ways)
    assert ("address gets 200" in told) == ("addresses" in ways)


def test_behind_addresses_that_let_nobody_in_here_it_says_so_and_judges_nothing(built):
    said = built(("basic auth", "secret path", "addresses"))
    assert {verdict for verdict, _ in said} == {"look"}
    assert said[-1][1] == "this machine's address is refused (403), as all should be but Dailymotion's"


def test_a_server_with_other_secrets_is_told_by_what_it_answers(built, server):
    said = built(("secret path",), paths=("CANARY-0123456789-abcdefgh",))
    assert [each for each in said if each[0] != "ok"] == [
        ("fault", f"http://127.0.0.1:{server.port}/<site secret>/users.json answers 404, where 200 is expected")
    ]
