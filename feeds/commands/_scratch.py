"""A scratch folder, and a catalog's copy in it: what a build reads, and nothing else of the catalog's folder."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feeds.commands._programs import END_S, undisturbed
from feeds.core.catalog import Network
from feeds.core.errors import FeedsError
from feeds.formats import catalog_yaml
from feeds.settings import Folders


@contextmanager
def scratch_folder(prefix: str = "feeds-rehearsal-") -> Iterator[Path]:
    """Make a folder that is gone after the block."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    finally:
        with undisturbed():
            _remove(folder)


def _remove(folder: Path) -> None:
    # A git whose program had to be killed may still be writing here, for a moment.
    deadline = time.monotonic() + END_S
    while folder.exists():
        try:
            shutil.rmtree(folder)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the bytes of all files below a folder by their paths, but for Git's own."""
    names = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    return {name.as_posix(): path.read_bytes() for name, path in names.items() if ".git" not in name.parts}


def copy_catalog(source: Folders, target: Folders) -> Network:
    """Copy catalog.yaml, the files that it includes, the results and the journal; return the network.

    Raises FeedsError where catalog.yaml is missing or has faults.
    """
    read = catalog_yaml.parse_network(_read(source.catalog))
    if not isinstance(read, catalog_yaml.ReadNetwork):
        raise FeedsError("catalog.yaml has faults. `python -m feeds check` names each with its line.")
    names = {Path("catalog.yaml")}
    for pattern in (*read.include, "results/**/*.yaml"):
        names |= {path.relative_to(source.catalog) for path in source.catalog.glob(pattern) if path.is_file()}
    # A pattern may reach into Git's own folder, which no clone could hold.
    for name in {each for each in names if ".git" not in each.parts}:
        _copy(source.catalog / name, target.catalog / name)
    for segment in (source.state / "journal").glob("*.yaml"):
        _copy(segment, target.state / "journal" / segment.name)
    return read.network


def _read(folder: Path) -> bytes:
    try:
        return (folder / "catalog.yaml").read_bytes()
    except OSError as error:
        raise FeedsError(f"There is no catalog to read in {folder}: {error.strerror} (catalog.yaml).") from error


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
