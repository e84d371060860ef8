"""What all tests share: the length of campaigns, and the refusal to skip in silence."""

import os
import shutil
import signal
import threading
from contextlib import ExitStack

import pytest

from tests import disks

_REFUSED = "not run, the kernel refuses: "


def pytest_terminal_summary(terminalreporter, config):
    if config.getoption("--campaigns"):
        for report in terminalreporter.stats.get("passed", ()):
            for number in (value for name, value in report.user_properties if name == "counted"):
                terminalreporter.write_line(f"{report.nodeid}: {number}")
    for report in terminalreporter.stats.get("skipped", ()):
        if isinstance(report.longrepr, tuple) and _REFUSED in report.longrepr[2]:
            terminalreporter.write_line(
                f"{report.nodeid} was {report.longrepr[2].removeprefix('Skipped: ').splitlines()[0]}"
            )


def pytest_configure():
    # A job in the background is started with ^C ignored, and would hand that on to all programs that the tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption("--campaigns", action="store_true", help="run the crash and load campaigns at full length")


@pytest.fixture
def campaign_s(request):
    """How many seconds a campaign lasts."""
    return 120 if request.config.getoption("--campaigns") else 3


@pytest.fixture
def counted(request):
    """Note in words how much a campaign has done; with --campaigns it is shown at the end."""
    return lambda words: request.node.user_properties.append(("counted", words))


@pytest.fixture
def skip():
    """Skip the test for a reason; with FEEDS_TEST_ALL=1 that is a failure instead."""

    def skip(reason):
        if os.environ.get("FEEDS_TEST_ALL") == "1":
            pytest.fail(f"{reason}, and FEEDS_TEST_ALL=1 lets no test be skipped")
        pytest.skip(reason)

    return skip


@pytest.fixture
def kernel_refuses():
    """Count the test as not run, and say so at the end, where no tool is missing but the kernel forbids what it needs.

    A container without the right to mount can't be mended by installing anything: FEEDS_TEST_ALL=1 lets it pass.
    """
    return lambda reason: pytest.skip(f"{_REFUSED}{reason}")


@pytest.fixture
def small_disk_at(need, kernel_refuses):
    """Return what mounts a small disk at a folder that it makes, until the test ends."""
    need("root")
    need("mount")
    with ExitStack() as mounted:

        def small_disk_at(folder, size_kib=256):
            try:
                disk = disks.SmallDisk(folder, size_kib)
            except disks.NotMountable as error:
                kernel_refuses(str(error))
            mounted.callback(disk.close)
            return disk

        yield small_disk_at


@pytest.fixture
def need(skip):
    """Skip the test where a tool, or root, is missing."""

    def need(tool):
        if not (os.geteuid() == 0 if tool == "root" else shutil.which(tool)):
            skip(f"{tool} is missing")

    return need
