"""A machine that is thrown away, for whoever needs one."""

import pytest

from tests.docs import deployment
from tests.docs.machine import Refused

TOOLS = [
    "root",
    "unshare",
    "ip",
    "nginx",
    "openssl",
    "curl",
    "make",
    "git",
    "systemd-analyze",
    "setpriv",
    "runuser",
    "pgrep",
]


@pytest.fixture
def server(tmp_path, need, kernel_refuses):
    """Return the machine on which docs/deploy.md begins."""
    for tool in TOOLS:
        need(tool)
    try:
        with deployment.server(tmp_path) as its:
            yield its
    except Refused as error:
        kernel_refuses(f"a machine of its own: {error}")
