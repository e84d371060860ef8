"""`feeds new`: a catalog that checks clean and builds at once, and nothing lost that was there."""

import pytest

from feeds.formats import schema

FILES = {"catalog.yaml", "users/x2example.yaml", "catalog.schema.json", "user.schema.json", ".gitignore"}


def test_a_new_catalog_checks_clean_and_builds_at_once(feeds, tree, tmp_path):
    folder = tmp_path / "deep" / "nord"
    code, output, errors = feeds.run("new", folder)
    assert (code, errors) == (0, "")
    assert output == (
        f"Started {folder} with catalog.yaml, users/x2example.yaml, catalog.schema.json, user.schema.json, "
        ".gitignore.\n"
        f"Next: edit catalog.yaml, then feeds check --catalog {folder} and feeds build --catalog {folder}\n"
    )
    assert tree(folder).keys() == FILES
    assert feeds.run("check", "--strict", "--catalog", folder) == (0, "1 user with 1 video: no faults.\n", "")
    code, _, _ = feeds.run("build", "--catalog", folder, "--at", "2026-11-24")
    assert code == 0
    assert tree(folder)["static_out/users.json"] == b"[]\n"


def test_the_new_folder_has_the_schemas_that_its_files_name(feeds, tree, tmp_path):
    feeds.run("new", tmp_path / "nord")
    files = {name: text.decode() for name, text in tree(tmp_path / "nord").items()}
    assert files["catalog.yaml"].startswith("# yaml-language-server: $schema=catalog.schema.json\n")
    assert files["users/x2example.yaml"].startswith("# yaml-language-server: $schema=../user.schema.json\n")
    assert files["catalog.schema.json"] == schema.render("catalog")
    assert files["user.schema.json"] == schema.render("user")
    assert ".feeds/" in files[".gitignore"]


@pytest.mark.parametrize("name", sorted(FILES))
def test_what_is_there_stays_as_it_is(feeds, tree, tmp_path, name):
    path = tmp_path / "nord" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    code, output, errors = feeds.run("new", tmp_path / "nord")
    assert (code, output) == (2, "")
    assert errors == f"error: {tmp_path / 'nord'} has {name} already: name a new folder.\n"
    assert tree(tmp_path / "nord") == {name: b"mine"}


def test_a_link_that_leads_nowhere_is_not_written_through(feeds, tmp_path):
    (tmp_path / "nord").mkdir()
    (tmp_path / "nord" / "catalog.yaml").symlink_to(tmp_path / "elsewhere")
    assert feeds.run("new", tmp_path / "nord")[0] == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_can_not_be_made_is_a_matter_of_usage(feeds, tmp_path):
    (tmp_path / "file").write_text("mine")
    code, _, errors = feeds.run("new", tmp_path / "file" / "nord")
    assert code == 2
    assert errors == f"error: {tmp_path / 'file' / 'nord'} can't be written: Not a directory. Name another folder.\n"
    assert feeds.run("new", tmp_path / "file")[0] == 2
