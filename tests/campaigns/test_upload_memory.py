"""A film of gigabytes is uploaded with the memory of a small one."""

import os
import subprocess
import sys

from tests.correcting.conftest import desk  # noqa: F401
from tests.onboarding.conftest import CAFE

MOST_BYTES = 150_000_000


def test_a_film_is_never_in_memory(request, desk, tmp_path, counted):  # noqa: F811
    size = 2_000_000_000 if request.config.getoption("--campaigns") else 200_000_000
    film = tmp_path / "film.mp4"
    with film.open("wb") as file:
        file.truncate(size)
    desk.site.user(CAFE, {"guid": "v1", "hold": "upload", "for_kids": "false"})
    words = [sys.executable, "-m", "feeds", "upload", CAFE, str(film), "--guid", "v1", "--no-wait"]
    program = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(program.pid, 0)
    program.returncode = os.waitstatus_to_exitcode(status)
    (sent,) = desk.world.uploads.values()
    assert (program.returncode, sent.size) == (0, size)
    assert used.ru_maxrss * 1024 < MOST_BYTES
    counted(f"{size / 1e9:.1f} GB sent with {used.ru_maxrss * 1024 / 1e6:.0f} MB of memory at most")
