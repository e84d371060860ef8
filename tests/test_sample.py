"""The network that comes with the project: an example that holds."""

import json
from pathlib import Path

import pytest

from feeds.building.checking import check
from feeds.settings import Folders

ROOT = Path(__file__).parents[1]
USER_FILES = sorted((ROOT / "users").glob("*.yaml"))


def test_the_sample_has_no_errors_and_surprises_only_where_it_means_to(tmp_path):
    checked = check(Folders(ROOT, tmp_path / "state"))
    assert {(each.severity, each.rule) for each in checked.findings} <= {("warning", "for-kids")}
    assert checked.users == len(USER_FILES) + 1
    assert checked.videos >= 10


def test_each_file_s_first_line_names_its_schema():
    assert (ROOT / "catalog.yaml").read_text().startswith("# yaml-language-server: $schema=catalog.schema.json\n")
    for path in USER_FILES:
        first = path.read_text().partition("\n")[0]
        assert first == "# yaml-language-server: $schema=../user.schema.json"
        assert (path.parent / first.partition("=")[2]).is_file()


@pytest.mark.parametrize("path", sorted((ROOT / "results").rglob("*.yaml")), ids=lambda path: path.name)
def test_the_results_tell_of_users_and_guids_that_the_sample_has(path):
    catalog = (ROOT / "catalog.yaml").read_text() + "".join(file.read_text() for file in USER_FILES)
    events = [json.loads(line[2:]) for line in path.read_text().splitlines() if line.startswith("- ")]
    assert {each["event"] for each in events} >= {"adopted", "imported"}
    for each in events:
        for name in ("user", "guid"):
            assert each.get(name, "") in catalog
