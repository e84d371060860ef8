"""A film of gigabytes is uploaded with the memory of a small one."""

import sys

from benchmarks.measure import Candidate, run
from tests.correcting.conftest import desk  # noqa: F401
from tests.onboarding.conftest import CAFE

MOST_MB = 150


def test_a_film_is_never_in_memory(request, desk, tmp_path, counted):  # noqa: F811
    size = 2_000_000_000 if request.config.getoption("--campaigns") else 200_000_000
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        file.truncate(size)
    desk.site.user(CAFE, {"guid": "v1", "hold": "upload", "for_kids": "false"})
    words = [sys.executable, "-m", "feeds", "upload", CAFE, str(film), "--guid", "v1", "--no-wait"]
    # Not by ru_maxrss: it starts from the peak of the process that started the command, here of all tests before.
    largest_mb = run(Candidate(words, memory=True)).largest_mib * 1024 * 1024 / 1e6
    (sent,) = desk.world.uploads.values()
    assert sent.size == size
    assert 0 < largest_mb < MOST_MB
    counted(f"{size / 1e9:.1f} GB sent with {largest_mb:.0f} MB of memory at most")
