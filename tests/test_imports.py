"""The house stands: imports go down only, and the stand-in for Dailymotion shares nothing with us."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What each part may import of ours, beside itself. `commands` may import anything of feeds.
ALLOWED = {
    "core": set(),
    "formats": {"core"},
    "storage": {"core", "formats"},
    "building": {"core", "formats", "storage", "settings", "fetching"},
    "onboarding": {"building", "dailymotion", "fetching", "storage", "formats", "core", "settings"},
    "syncing": {"onboarding", "building", "storage", "formats", "core", "settings"},
    "web": {"core", "formats", "storage", "settings", "onboarding", "dailymotion"},
    "fetching": {"core"},
    "importing": {"building", "fetching", "storage", "formats", "core", "settings"},
    "probing": {"fetching", "building", "storage", "formats", "core", "settings"},
    "previewing": {"building", "storage", "formats", "core", "settings"},
    "correcting": {"building", "dailymotion", "storage", "formats", "core", "settings"},
    "uploading": {"correcting", "building", "dailymotion", "storage", "formats", "core", "settings"},
    "reconciling": {"correcting", "building", "dailymotion", "storage", "formats", "core", "settings"},
    "reporting": {"onboarding", "building", "dailymotion", "storage", "formats", "core", "settings"},
    "publishing": {"building", "storage", "formats", "core", "settings"},
    "dailymotion": {"core"},  # not storage: where a login is kept is the caller's business
    "settings": {"core", "dailymotion"},
    "access_settings": {"core", "formats", "settings"},
    "commands": {
        "access_settings",
        "core",
        "formats",
        "storage",
        "building",
        "syncing",
        "onboarding",
        "web",
        "settings",
        "dailymotion",
        "fetching",
        "importing",
        "correcting",
        "reconciling",
        "reporting",
        "uploading",
        "previewing",
        "probing",
        "publishing",
    },
    "__main__": {"core", "commands", "settings"},
    "__init__": set(),
}

# Modules that reach a file, a clock's reading, a network or a framework: no business of values and formats.
WORLD = {"flask", "http", "io", "os", "pathlib", "requests", "shutil", "socket", "sqlite3", "subprocess", "tempfile"}
WORLD |= {"time", "urllib.request", "werkzeug", "click", "gunicorn"}
# Templates and the feed's schema are files of the program.
READS_ITS_OWN_FILES = {"feeds/formats/mrss.py", "feeds/formats/own_templates.py"}


def imports(path):
    """Yield (line, module) for each import in the file, wherever it stands in it."""
    package = ".".join(path.relative_to(ROOT).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.rsplit(".", node.level - 1)[0]
                base = f"{above}.{base}" if base else above
            yield node.lineno, base
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def files(folder):
    return sorted((ROOT / folder).rglob("*.py"))


def part_of(module):
    """Return which part of feeds a dotted name belongs to, or None for the bare package."""
    return module.split(".")[1] if "." in module else None


def refusals(folder, is_refused):
    return [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in files(folder)
        for line, module in imports(path)
        if is_refused(path, module)
    ]


def test_imports_within_feeds_go_down_only():
    def is_upward(path, module):
        own = path.relative_to(ROOT / "feeds").parts[0].removesuffix(".py")
        part = part_of(module) if module.split(".")[0] == "feeds" else None
        return part is not None and part not in {own, "__version__"} | ALLOWED[own]

    assert refusals("feeds", is_upward) == []


def test_every_part_of_feeds_has_its_rule():
    parts = {path.relative_to(ROOT / "feeds").parts[0].removesuffix(".py") for path in files("feeds")}
    assert parts <= ALLOWED.keys()


@pytest.mark.parametrize("part", ["core", "formats"])
def test_values_and_formats_do_not_reach_for_the_world(part):
    def is_worldly(path, module):
        own = module.startswith("pathlib") and str(path.relative_to(ROOT)) in READS_ITS_OWN_FILES
        return not own and not WORLD.isdisjoint({module, module.split(".")[0]})

    assert refusals(f"feeds/{part}", is_worldly) == []


def test_the_sandbox_imports_nothing_of_feeds():
    assert refusals("sandbox", lambda _, module: module.split(".")[0] in {"feeds", "app", "benchmarks"}) == []


def test_feeds_imports_nothing_of_the_sandbox():
    assert refusals("feeds", lambda _, module: module.split(".")[0] in {"sandbox", "benchmarks", "tests", "app"}) == []


def test_the_sandbox_runs_without_feeds_being_there():
    """The stand-in as installed alone: its imports are its own, the standard library's, and a few packages'."""
    known = {"sandbox", "click", "flask", "lxml", "requests", "urllib3", "werkzeug"} | sys.stdlib_module_names
    assert refusals("sandbox", lambda _, module: module.split(".")[0] not in known) == []


def test_an_import_inside_a_function_is_seen_too(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "feeds" / "core").mkdir(parents=True)
    (tmp_path / "feeds" / "core" / "sly.py").write_text("def f():\n    from ..storage import journal\n")
    assert (2, "feeds.storage.journal") in list(imports(tmp_path / "feeds" / "core" / "sly.py"))
