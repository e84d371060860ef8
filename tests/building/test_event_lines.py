"""Events found in the lines themselves are those that the index has, whatever stands in the lines."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.building.event_lines import EventLines
from feeds.building.results import take_in
from feeds.core.errors import StorageError
from feeds.storage.index import Index
from tests.sites import RESULTS, Site, failed, imported, line

NAMES = st.sampled_from(["a1", "bo", "café", 'q"t', "b\\s", "\u2028", "a/b", "", "\ud800", "listed", "x" * 300])
ESCAPES = st.sampled_from(
    [lambda text: text, lambda text: text.replace("a", "\\u0061"), lambda text: text.replace("/", "\\/")]
)


def written(event, escape, ascii_only):
    return escape(f"- {json.dumps(event, ensure_ascii=ascii_only)}\n").encode("utf-8", "surrogatepass")


EVENT = st.fixed_dictionaries(
    {
        "at": st.sampled_from(["2026-11-20T10:00:00.000Z", "2026-11-21T10:00:00.123Z", "yesterday"]),
        "event": st.sampled_from(
            ["imported", "import_failed", "retry", "listed", "adopted", "left", "unclear", "uploaded", "odd", "undone"]
        ),
    },
    optional={
        "guid": NAMES | st.integers(),
        "user": NAMES | st.none(),
        "parent": st.just("x1nord"),
        "items": st.dictionaries(NAMES, st.just("d1"), max_size=3),
        "gone": st.lists(NAMES, max_size=2),
        "raw": st.just('{"guid": "a1", "user": "bo"}'),
        "other": st.dictionaries(st.sampled_from(["guid", "user"]), NAMES, max_size=2),
    },
)
LINE = st.one_of(
    st.builds(written, EVENT, ESCAPES, st.booleans()),
    st.sampled_from(
        [b"\n", b"# a note\n", b"- {}\n", b"- {guid: a1}\n", b"\xff\xfe\n", b'- {"guid": "a1"\r\n', b"  \n"]
    ),
)


@settings(max_examples=60, deadline=None)
@given(files=st.lists(st.lists(LINE, max_size=6), max_size=3), end=st.sampled_from([b"", b'- {"at": "2026']))
def test_they_find_what_the_index_has(files, end):
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder))
        for number, lines in enumerate(files):
            site.write(f"results/main/2026-11-{number:02}.yaml", b"".join(lines) + end)
        site.state.mkdir()
        (site.state / "journal").mkdir()
        (site.state / "journal/00000001.yaml").write_bytes(b"".join(files[0]) if files else b"")
        with Index.opened(site.state / "index.sqlite", "1") as index:
            take_in(index, site.catalog, site.state)
            subjects = [each for kind in ("g:", "u:", "l:") for each in index.subjects(kind)]
            lines = EventLines(site.catalog, site.state)
            assert lines.events(subjects) == index.events(subjects)
            for subject in [*subjects, "g:a1", "u:a1", "g:nobody", "g:", "u:\ud800"]:
                assert lines.events([subject]).get(subject) == lines.events(subjects).get(subject)
            sizes = {name: f"{row.size} {row.digest.hex()}" for name, row in index.files().items() if row.size}
            assert lines.digests == sizes


@pytest.mark.parametrize("change", ["rewrite", "remove", "cut"])
def test_a_file_that_changes_under_its_reader_is_noticed(tmp_path, change):
    site = Site(tmp_path)
    path = site.happened(imported("a1") + failed("a2", 1))
    lines = EventLines(site.catalog, site.state)
    site.happened(line("retry", guid="a2"))  # what is appended comes with the next build
    assert [each.event for each in lines.events(["g:a2"])["g:a2"]] == ["import_failed"]
    if change == "rewrite":
        site.write(RESULTS, imported("b1") + failed("a2", 1))
    elif change == "cut":
        path.write_bytes(path.read_bytes()[:20])
    else:
        path.unlink()
    with pytest.raises(StorageError, match=r"2026-11-20\.yaml .*Build it anew"):
        lines.events(["g:a1"])


def test_a_key_that_is_written_with_escapes_is_found_beside_one_that_is_plain(tmp_path):
    site = Site(tmp_path)
    site.happened(line("imported", guid="a1", user="bo", remote_id="x1").replace('"guid"', '"g\\u0075id"'))
    assert list(EventLines(site.catalog, site.state).events(["g:a1"])) == ["g:a1"]


def test_a_value_with_an_escape_and_what_a_listing_names_are_found_each_by_itself(tmp_path):
    site = Site(tmp_path)
    site.happened(line("imported", guid="a/1", user="bo", remote_id="x1").replace("a/1", "a\\/1"))
    site.happened(line("listed", user="bo", items={"b1": "d1"}))
    lines = EventLines(site.catalog, site.state)
    assert [event.event for event in lines.events(["g:a/1"])["g:a/1"]] == ["imported"]
    assert [event.event for event in lines.events(["g:b1"])["g:b1"]] == ["listed"]
