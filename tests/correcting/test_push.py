"""`feeds push`, against Dailymotion's stand-in: it shows what the catalog says, and nothing else of it is touched."""

import pytest

from feeds.building.status import read_status
from feeds.core.defaults import item_of
from feeds.core.item import digest
from feeds.core.status import Need
from feeds.formats import catalog_yaml
from tests.onboarding.conftest import CAFE
from tests.sites import AT, line, user_text

BEFORE = {"guid": "v1", "title": "Livee", "description": "At nine.", "tags": ["jazz"]}
AFTER = {"guid": "v1", "title": "Live", "description": "At nine.", "tags": ["jazz", "live"], "category": "music"}
SHOWN = {"title": "Livee", "description": "At nine.", "tags": ["jazz"], "channel": "tv", "private": True}


def digest_of(entry):
    user = catalog_yaml.parse_user(user_text(CAFE, entry).encode()).user
    return digest(item_of(user.videos[0], user))


@pytest.fixture
def corrected(desk):
    """Return a network with a video that was listed and imported, and corrected afterwards."""
    desk.site.user(CAFE, AFTER, "new1")
    desk.site.happened(line("listed", user=CAFE, items={"v1": digest_of(BEFORE)}))
    desk.online("v1", **SHOWN)
    return desk


def shown(desk, name="x-v1"):
    return desk.world.videos[name].values


def corrections(desk):
    return [case.name for case in read_status(desk.folders, AT).cases[Need.CORRECTED]]


def test_a_correction_is_shown_sent_and_noted_and_nothing_else_is_touched(corrected):
    assert corrections(corrected) == ["v1"]
    before = dict(shown(corrected))
    code, out, err = corrected.call("push v1")
    assert code == 0
    assert out == (
        "v1  x-v1  corrected\n"
        '  title        was "Livee"\n'
        '               now "Live"\n'
        '  tags         was "jazz"\n'
        '               now "jazz,live"\n'
        '  category     was "tv"\n'
        '               now "music"\n'
    )
    assert err == "1 video was corrected.\n"
    assert shown(corrected) == {**before, "title": "Live", "tags": ["jazz", "live"], "channel": "music"}
    (event,) = corrected.journalled("pushed")
    assert {name: event[name] for name in ("guid", "remote_id", "fields", "digest", "by")} == {
        "guid": "v1", "remote_id": "x-v1", "fields": ["title", "tags", "category"], "digest": digest_of(AFTER),
        "by": "olga",
    }  # fmt: skip
    assert corrections(corrected) == []


def test_a_second_push_sends_nothing(corrected):
    corrected.call("push v1")
    code, out, err = corrected.call("push v1")
    assert (code, out, err) == (0, "v1  x-v1  shows what the catalog says.\n", "0 videos were corrected.\n")
    assert corrected.calls("POST").count("/video/x-v1") == len(corrected.journalled("pushed")) == 1


def test_a_dry_run_sends_and_notes_nothing(corrected):
    code, out, err = corrected.call("push v1 --dry-run")
    assert code == 0
    assert out.startswith("v1  x-v1  would be corrected\n  title ")
    assert err == "1 video would be corrected.\n"
    assert (shown(corrected)["title"], corrected.journalled("pushed")) == ("Livee", [])


def test_a_description_that_was_taken_out_is_taken_out_there(corrected):
    corrected.site.user(CAFE, {"guid": "v1", "title": "Livee", "tags": ["jazz"]})
    code, out, _ = corrected.call("push v1")
    assert code == 0
    assert '  description  was "At nine."\n               now nothing\n' in out
    assert shown(corrected)["description"] == ""


def test_what_changed_beside_it_is_named(corrected):
    corrected.site.user(CAFE, {**AFTER, "rights": {"until": "2026-12-24"}})
    assert "Something else may have changed since the import" in corrected.call("push v1")[1]


def test_where_only_something_else_has_changed_nothing_is_sent_and_nothing_is_settled(corrected):
    corrected.site.user(CAFE, {**BEFORE, "rights": {"until": "2026-12-24"}})
    code, out, _ = corrected.call("push v1")
    assert code == 0
    assert out.startswith("v1  x-v1  shows what the catalog says: what else has changed since the import can't be sent")
    assert corrected.journalled("pushed") == []
    assert corrections(corrected) == ["v1"]


def test_another_film_is_not_settled_by_a_push(corrected):
    corrected.site.user(CAFE, {**AFTER, "media": "v1b.mp4"})
    assert corrected.call("push v1")[0] == 0
    assert corrections(corrected) == ["v1"]


@pytest.mark.parametrize("kind", ["drop-after", "empty", "not-json"])
def test_a_correction_that_was_done_and_not_told_is_done_and_sent_once(corrected, kind):
    corrected.fault({"kind": kind, "method": "POST", "path": "/video/x-v1"})
    assert corrected.call("push v1")[0] == 0
    assert len(corrected.journalled("pushed")) == corrected.calls("POST").count("/video/x-v1") == 1


def test_after_a_trouble_the_rest_goes_on_and_is_called_again(corrected):
    corrected.site.user(CAFE, AFTER, "v2")
    corrected.online("v2", title="Old")
    corrected.fault({"kind": "server-error", "method": "POST", "path": "/video/x-v1"})
    code, out, err = corrected.call("push v1 v2")
    assert code == 3
    assert out.startswith("v1  x-v1  trouble: Dailymotion answered POST /video/x-v1 with status 503")
    assert err == "1 video was corrected, 1 with trouble.\n"
    assert [each["guid"] for each in corrected.journalled("pushed")] == ["v2"]
    assert corrected.call("push v1 v2")[0] == 0
    assert [each["guid"] for each in corrected.journalled("pushed")] == ["v2", "v1"]


def test_every_copy_is_corrected(corrected):
    corrected.online("copy", **SHOWN)
    corrected.told("v1", "x-copy", at="2026-11-22T10:00:00.000Z")
    assert corrected.call("push v1")[0] == 0
    assert shown(corrected, "x-copy")["title"] == shown(corrected)["title"] == "Live"


def test_what_is_not_imported_or_is_to_be_taken_down_is_refused_and_nothing_is_sent(corrected):
    corrected.site.user(CAFE, AFTER, "new1", {"guid": "w1", "withdraw": "a claim"}, "gone1")
    corrected.online("w1", "gone1")
    corrected.site.happened(
        line("taken_down", "2026-11-22T10:00:00.000Z", guid="gone1", remote_id="x-gone1", how="delete")
    )
    code, _, err = corrected.call("push v1 new1 w1 gone1 nobody")
    assert code == 2
    assert err.startswith(
        "error: 'new1' is listed in the feed of x2cafec0.\n"
        "'w1' is to be taken down (withdrawn): `feeds takedown w1` does it.\n"
        "'gone1' was taken down: `relist: "
    )
    assert err.endswith(
        "'nobody' is no guid of the catalog, and no event tells of it: copy it as it stands there.\nNothing was sent.\n"
    )
    assert corrected.calls("POST").count("/video/x-v1") == 0
