"""What opens a closed site is printed by no verb unasked, and is in no file but the published ones."""

import pytest

from tests.docs.test_named import VERBS
from tests.sites import AT, Site, adopted, failed

CANARY = "CANARY"
NEW, OLD = "CANARY-new-0123456789-abcd", "CANARY-old-0123456789-abcd"
HASH = "$2b$10$" + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ./0"[:53]
# What a person types, beside --catalog. Dailymotion is where nobody answers: they go as far as they get.
TYPED = {
    "archive": "--dry-run", "build": "--record --out {out}", "check": "", "children": "", "children set": "x2anna",
    "children show": "x2anna", "doctor": "--site http://127.0.0.1:9", "edge": "", "edge hash": "nord-1 --generate",
    "explain": "b1", "handover": "", "history": "b1",
    "import": "{out}/none.xml --user bo",
    "login": "--port 9", "logout": "", "new": "{out}-new", "notify": "--dry-run", "partners": "",
    "partners adopt": "--as bo-name", "partners approve": "x9stray --why w", "partners invite": "--label L",
    "partners list": "", "partners record": "left x9stray --why w", "partners refuse": "x9stray --why w",
    "partners reject": "x9stray --why w", "partners verify": "", "plan": "", "publish": "{out}-there --out {out}",
    "push": "b1", "reconcile": "", "report": "", "report imports": "", "report revenue": "", "report users": "",
    "results": "", "results export": "", "results failures": "", "results ingest": "{out}-callbacks.json",
    "results letters": "", "results list": "", "results record": "", "results record imported": "b2 x23 --why w",
    "results retry": "b2 --why w", "results undo": "0123456789 --why w", "schema": "catalog", "status": "--format html",
    "sync": "--out {out}", "takedown": "--dry-run", "upload": "bo {out}/none.mp4 --guid b1",
}  # fmt: skip
# Servers, which have tests of their own: a rehearsal's secrets are made for it, and the playground tells them.
SERVERS = {"preview", "rehearse", "serve"}


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    site.network(access=["basic auth", "secret path", "addresses"])
    site.user("bo", "b1", "b2")
    site.happened(adopted("bo") + failed("b1", 1))
    site.build(record=True, secret_path=NEW)
    (tmp_path / "out-there").mkdir()
    return site


def test_no_verb_prints_what_opens_the_site_and_no_file_but_the_published_ones_has_it(feeds, site, tmp_path):
    environ = {
        "FEEDS_CATALOG": str(site.catalog), "FEEDS_STATE": str(site.state), "XDG_STATE_HOME": str(tmp_path / "xdg"),
        "FEEDS_SITE_PATH": f"{NEW},{OLD}", "FEEDS_SITE_LOGIN": "nord-1:CANARY-pass",
        "FEEDS_SITE_USERS": f"nord-1:{HASH}",
        "FEEDS_CALLBACK_SECRET": "CANARY-callback-0123456789", "FEEDS_SECRET_KEY": "CANARY-key-0123456789-abcdefgh",
        "FEEDS_PUBLIC_URL": "https://partners.nord.example", "FEEDS_DAILYMOTION_API": "http://127.0.0.1:9",
    }  # fmt: skip
    verbs = {" ".join(verb) for verb in VERBS} - SERVERS
    typed = dict.fromkeys((verb for verb in verbs if verb.startswith("edge ")), "--root {out}") | TYPED
    assert verbs == typed.keys()
    (tmp_path / "out-callbacks.json").write_text('[{"type": "injector.item.ready", "timestamp": 1}]')
    told = {}
    for verb, words in typed.items():
        _, output, errors = feeds.call(*verb.split(), *words.format(out=site.out).split(), **environ)
        assert output + errors, verb
        told[verb] = output + errors
    assert [verb for verb, text in told.items() if CANARY in text or HASH in text] == []
    published = [site.out, tmp_path / "out-there"]
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
    assert [str(path) for path in kept if not any(path.is_relative_to(each) for each in published)] == []
    assert CANARY in (site.out / "users.json").read_text()


def test_each_form_of_what_is_shown_hides_it_too(feeds, site):
    environ = {
        "FEEDS_CATALOG": str(site.catalog), "FEEDS_STATE": str(site.state), "FEEDS_SITE_PATH": NEW,
    }  # fmt: skip
    for words in (
        "build --format json", "build --full --at 2026-11-25T00:00:00Z --format json", "plan --format json",
        "plan --format markdown", "status", "status --format json", "status --format prometheus", "check --format json",
        "report imports --format html", "publish {out}-there --out {out} --dry-run",
    ):  # fmt: skip
        given = words.format(out=site.out).split()
        code, output, errors = feeds.call(*given, *(["--out", site.out] if given[0] == "build" else []), **environ)
        assert (words, code in (0, 1), CANARY in output + errors) == (words, True, False)


def test_a_build_that_is_refused_shows_no_address(feeds, site):
    site.write("results/main/2026-11-20.yaml", "")  # the adoption is lost
    code, output, errors = feeds.call(
        "build", "--record", "--catalog", site.catalog, "--out", site.out, "--at", AT.isoformat(),
        FEEDS_STATE=str(site.state), FEEDS_SITE_PATH=NEW,
    )  # fmt: skip
    assert (code, CANARY in output + errors) == (1, False)
    assert "Nothing was published" in errors + output
