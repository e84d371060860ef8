"""`feeds explain` as a program: what it prints, and how it ends."""

import json

from tests.sites import Site, adopted, imported


def test_a_video_is_explained_and_an_unknown_name_ends_with_1(tmp_path, feeds):
    site = Site(tmp_path)
    site.user("anna", "a1")
    site.happened(adopted("anna") + imported("a1"))
    code, output, errors = feeds.run("explain", "a1", "--catalog", site.catalog, "--format", "json")
    assert (code, errors, json.loads(output)["listed"]) == (0, "", False)
    code, output, errors = feeds.run("explain", "a1", "--catalog", site.catalog)
    assert output.splitlines()[1].strip() == "not listed: imported, Dailymotion has it  (users/anna.yaml:5:57)"
    code, output, errors = feeds.run("explain", "a2\x1b", "--catalog", site.catalog)
    assert (code, output) == (1, "")
    assert errors == 'Nothing is known of "a2\\x1b": it must be written as in the catalog.\n'
