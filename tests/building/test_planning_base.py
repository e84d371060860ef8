"""The files of a commit are matched by name as the build matches those of a folder."""

import glob

import pytest

from feeds.building.planning_base import Patterns

FILES = [
    "users/anna.yaml", "users/bo.yml", "users/.hidden.yaml", "users/deep/er/cleo.yaml", "users/deep/dan.yaml",
    "users/.git/eve.yaml", "users/a[1].yaml", "users/a1.yaml", "users/a+b.yaml", "top.yaml", "other/x-1.yaml",
]  # fmt: skip
PATTERNS = [
    "users/*.yaml", "users/*", "*.yaml", "**/*.yaml", "users/**", "users/**/*.yaml", "users/**/dan.yaml",
    "**", "*/*.yaml", "users/[z-a].yaml", "users/?????.yaml", "users/a[0-9].yaml", "users/a[!0-9]b.yaml",
    "users/a[[]1].yaml", "users/[ab]*.y*ml", "users/.*.yaml", "users/a+b.yaml", "users/deep/*.yaml",
    "none/*.yaml", "users/[anna.yaml", "other/[a-z]-[1].yaml", "users/.git/*.yaml",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_includes_the_same_names_as_in_a_folder(tmp_path, pattern):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    matched = glob.glob(pattern, root_dir=tmp_path, recursive=True)  # noqa: PTH207 - what the build calls
    found = {name for name in matched if (tmp_path / name).is_file()}
    assert Patterns((pattern,)).of(FILES) == found


def test_catalog_yaml_is_nobody_s_file():
    assert Patterns(("*.yaml",)).of(["catalog.yaml", "anna.yaml"]) == {"anna.yaml"}
