"""What all tests share: the length of campaigns, and the refusal to skip in silence."""

import os
import shutil

import pytest


def pytest_addoption(parser):
    parser.addoption("--campaigns", action="store_true", help="run the crash and load campaigns at full length")


@pytest.fixture
def campaign_s(request):
    """How many seconds a campaign lasts."""
    return 120 if request.config.getoption("--campaigns") else 4


@pytest.fixture
def skip():
    """Skip the test for a reason; with FEEDS_TEST_ALL=1 that is a failure instead."""

    def skip(reason):
        if os.environ.get("FEEDS_TEST_ALL") == "1":
            pytest.fail(f"{reason}, and FEEDS_TEST_ALL=1 lets no test be skipped")
        pytest.skip(reason)

    return skip


@pytest.fixture
def need(skip):
    """Skip the test where a tool, or root, is missing."""

    def need(tool):
        if not (os.geteuid() == 0 if tool == "root" else shutil.which(tool)):
            skip(f"{tool} is missing")

    return need
