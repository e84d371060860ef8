"""`feeds rehearse`: the whole loop with anybody's catalog, which stays as it is."""

import signal

import pytest

from feeds.commands._scratch import copy_catalog
from feeds.core.errors import FeedsError
from feeds.settings import Folders

PLAYED = """\
Built the site: 8 videos listed.
Crawled 2 feeds as Dailymotion would, and posted 10 events in 5 callbacks.
Built and crawled again: 4 videos listed.

user                before imported   failed  unclear  unknown    after
-----------------------------------------------------------------------
annacooks                6        4        1        1        -        4
bluenote                 2        2        -        -        -        -
(no user's video)        -        -        -        -        1        -
-----------------------------------------------------------------------
total                    8        6        1        1        1        4

It adds up: all 10 events were answered 200 and are in the results; 6 imported
videos left the feeds, and nothing else did. 2 videos moved up, as there was
room in a feed now. The scratch copy is gone, and the catalog was not touched.
"""


def test_the_loop_is_played_and_adds_up(feeds, network):
    code, output, errors = feeds.run("rehearse", "--catalog", network)
    assert (code, errors) == (0, "")
    assert output == f"Rehearsing {network} on a scratch copy.\n" + PLAYED


def test_nothing_is_left_and_nothing_is_changed(feeds, network, tree):
    before = tree(network)
    code, _, _ = feeds.run("rehearse", "--catalog", network)
    assert code == 0
    assert feeds.left() == []
    assert (tree(network), tree(feeds.home), list(feeds.temporary.iterdir())) == (before, {}, [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["Rehearsing", "Built the site", "Crawled 2"])
def test_a_signal_ends_it_at_any_step_without_a_trace(feeds, network, tree, moment, number):
    before = tree(network)
    program = feeds.start("rehearse", "--catalog", network)
    while not (line := program.stdout.readline()).startswith(moment):
        assert line
    program.send_signal(number)
    _, errors = program.communicate(timeout=60)
    assert (program.returncode, errors) == (128 + number, "")
    assert feeds.left() == []
    assert (tree(network), list(feeds.temporary.iterdir())) == (before, [])


def test_impatient_signals_change_nothing_about_the_end(feeds, network):
    program = feeds.start("rehearse", "--catalog", network)
    while not (line := program.stdout.readline()).startswith("Built the site"):
        assert line
    for number in [signal.SIGINT, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGINT]:
        program.send_signal(number)
    _, errors = program.communicate(timeout=60)
    assert program.returncode in {128 + signal.SIGINT, 128 + signal.SIGTERM, 128 + signal.SIGHUP}
    assert (errors, feeds.left(), list(feeds.temporary.iterdir())) == ("", [], [])


def test_killed_it_takes_its_programs_with_it(feeds, network, tree):
    before = tree(network)
    program = feeds.start("rehearse", "--catalog", network)
    while not (line := program.stdout.readline()).startswith("Crawled 2"):
        assert line
    program.kill()
    assert feeds.left() == []
    assert tree(network) == before


def test_a_user_list_of_another_shape_is_crawled_under_its_own_names(feeds, network):
    catalog = network / "catalog.yaml"
    shape = "  user_list: {wrap: users, fields: {id: uid, username: name, feed: mrss}}\n"
    catalog.write_text(catalog.read_text().replace("  feed_limit: 6\n", shape))
    code, output, _ = feeds.run("rehearse", "--catalog", network)
    assert code == 0
    assert "It adds up" in output


def test_callbacks_that_the_app_has_not_synchronised_yet_are_taken_along(feeds, network):
    journal = network / ".feeds" / "journal"
    journal.mkdir(parents=True)
    line = '- {"at": "2026-11-24T21:15:38.078Z", "event": "imported", "guid": "bo-0001", "remote_id": "x23bz3t"}\n'
    (journal / "00000001.yaml").write_text(line)
    code, output, _ = feeds.run("rehearse", "--catalog", network)
    assert code == 0
    assert "Built the site: 7 videos listed." in output


def test_without_an_adopted_user_there_is_nothing_to_rehearse(feeds, network):
    (network / "results" / "main" / "2026-11-20.yaml").unlink()
    code, _, errors = feeds.run("rehearse", "--catalog", network)
    assert code == 1
    assert (
        "Nothing is listed, so there is nothing to rehearse: no user who is adopted and enabled has a video" in errors
    )
    assert feeds.left() == []


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("catalog.yaml", "base_url", "bass_url", "catalog.yaml has faults. `python -m feeds check` names each"),
        ("users/x2anna.yaml", "title: Tarte 1,", "", "users/x2anna.yaml"),
    ],
)
def test_a_catalog_with_a_fault_is_not_rehearsed(feeds, network, name, old, new, message):
    file = network / name
    file.write_text(file.read_text().replace(old, new))
    code, _, errors = feeds.run("rehearse", "--catalog", network)
    assert code == 1
    assert message in errors


def test_a_folder_without_a_catalog_is_named(feeds, tmp_path):
    code, _, errors = feeds.run("rehearse", "--catalog", tmp_path)
    assert code == 2
    assert f"{tmp_path}/catalog.yaml can't be read: No such file or directory." in errors


def test_only_what_a_build_reads_is_copied(network, tmp_path, tree):
    scratch = Folders(tmp_path / "copy", tmp_path / "state")
    copy_catalog(Folders(network, network / ".feeds"), scratch)
    assert tree(scratch.catalog).keys() == {"catalog.yaml", "users/x2anna.yaml", "results/main/2026-11-20.yaml"}
    assert not scratch.state.exists()


def test_a_copy_of_faults_is_refused(network, tmp_path):
    (network / "catalog.yaml").write_text("network: [")
    with pytest.raises(FeedsError, match=r"catalog\.yaml has faults"):
        copy_catalog(Folders(network, network / ".feeds"), Folders(tmp_path / "copy", tmp_path / "state"))
