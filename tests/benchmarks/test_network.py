"""The benchmark's networks are what they claim to be, so that its figures mean something."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from benchmarks import network, peers
from feeds.core.events import Event
from feeds.formats import results_yaml


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    """Two runs of the benchmark, on any two days, measure the same work."""
    for name in ("first", "second"):
        network.write_network(tmp_path / name, 3, 5)
        network.write_results(tmp_path / name, 7)
    assert tree(tmp_path / "first") == tree(tmp_path / "second")


def test_both_layouts_hold_the_same_users(tmp_path: Path) -> None:
    """A layout changes where videos stand, not which there are."""
    network.write_network(tmp_path / "many", 3, 40)
    network.write_network(tmp_path / "one", 3, 40, layout="one-file")
    users = list(peers.read_users(tmp_path / "many"))
    assert users == list(peers.read_users(tmp_path / "one"))
    assert [user["id"] for user in users] == ["x00001", "x00002", "x00003"]
    assert [video["guid"] for video in users[2]["videos"]] == [network.guid(3, number) for number in range(1, 41)]


def test_every_video_has_the_twelve_keys_a_yaml_1_1_reader_understands(tmp_path: Path) -> None:
    """The peers read the same values as the build, so nothing may hang on YAML 1.1's own ideas of text."""
    network.write_network(tmp_path, 2, 130)
    for user in peers.read_users(tmp_path):
        for video in user["videos"]:
            assert len(video) == 12
            assert all(isinstance(video[key], str) for key in ("guid", "title", "description", "media", "page"))
            assert all(isinstance(text, str) for text in [*video["tags"], *video["rights"]["allow"]])
            assert isinstance(video["duration"], int)
            assert 60 <= video["duration"] < 3600
            assert video["rights"]["from"] == video["date"] < date(2026, 1, 1)


def test_another_edition_changes_one_title(tmp_path: Path) -> None:
    """The row about one changed user changes just that."""
    network.write_network(tmp_path, 2, 3)
    before = tree(tmp_path)
    network.write_user(tmp_path, 2, 3, edition=1)
    after = tree(tmp_path)
    assert {name for name in after if after[name] != before[name]} == {"users/x00002.yaml"}
    old, new = (yaml.safe_load(at["users/x00002.yaml"])["videos"] for at in (before, after))
    assert new[0].pop("title") != old[0].pop("title")
    assert new == old


@pytest.mark.parametrize("count", [1, network.RESULTS_PER_FILE + 1])
def test_results_are_as_many_events_of_guids_that_no_catalog_has(tmp_path: Path, count: int) -> None:
    """Past imports weigh on the build as a network's history does, and take no video out of a feed."""
    network.write_network(tmp_path, 2, 2)
    network.write_results(tmp_path, count)
    events = [
        event
        for path in sorted((tmp_path / "results").rglob("*.yaml"))
        for event in results_yaml.parse(path.read_bytes())
    ]
    assert all(isinstance(event, Event) for event in events)
    kinds = [event.event for event in events if isinstance(event, Event)]
    assert (kinds.count("imported"), kinds.count("adopted")) == (count, 2)
    known = {network.guid(user, video) for user in (1, 2) for video in (1, 2)}
    imported = {event.text("guid") for event in events if isinstance(event, Event) and event.event == "imported"}
    assert len(imported) == count
    assert not imported & known
