"""The metrics, read by the real node-exporter's textfile collector: https://github.com/prometheus/node_exporter ."""

import re
import socket
import subprocess
import sys
import time
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import pytest

from feeds.storage.static_dir import stage
from tests.clones import ENVIRON, ROOT
from tests.docs.units import Unit

EXPORTER = "prometheus-node-exporter"


@pytest.fixture
def folder(tmp_path):
    """Return the collector's folder, in which the unit's command has left its file."""
    command = Unit(ROOT / "deploy/systemd", "feeds-metrics.service").get("ExecStart").split()
    at = command.index("--out") + 1
    assert command[at] == "/var/lib/prometheus/node-exporter/feeds.prom"
    (tmp_path / "collector").mkdir()
    words = [*command[1:at], str(tmp_path / "collector/feeds.prom")]
    given = {"FEEDS_CATALOG": str(ROOT), "FEEDS_STATE": str(tmp_path / "state"), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, *words], cwd=tmp_path, env=ENVIRON | given, check=True, capture_output=True)
    return tmp_path / "collector"


@pytest.fixture
def scrape(folder, need):
    """Return what reads the exporter's metrics, anew each time."""
    need(EXPORTER)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["--collector.disable-defaults", "--collector.textfile", f"--collector.textfile.directory={folder}"]
    exporter = subprocess.Popen(
        [EXPORTER, *options, f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"], stderr=subprocess.DEVNULL
    )

    def read():
        until = time.monotonic() + 30
        while True:
            try:
                with build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
                    return answer.read().decode()
            except URLError:
                assert time.monotonic() < until, "node-exporter doesn't answer"
                time.sleep(0.02)

    yield read
    exporter.terminate()
    exporter.wait()


def samples(text):
    """Return the series of ours, each with its value."""
    found = re.findall(r"^(feeds_\w+(?:\{.*\})?) (\S+)$", text, re.M)
    return {name: float(value) for name, value in found}


def test_node_exporter_takes_every_number_as_it_is_and_finds_no_fault(folder, scrape):
    told = scrape()
    written = (folder / "feeds.prom").read_text()
    assert len(samples(written)) > 30
    assert samples(told) == samples(written)
    assert "\nnode_textfile_scrape_error 0\n" in told
    for help_text in re.findall(r"^# HELP feeds_.*$", written, re.M):
        assert help_text in told
    assert re.search(rf'^node_textfile_mtime_seconds{{file="{folder}/feeds.prom"}} ', told, re.M)
    (folder / "feeds.prom").write_text(written + "feeds_videos 1 2\nfeeds_users{\n")
    assert "\nnode_textfile_scrape_error 1\n" in scrape()


def test_a_file_that_is_being_written_is_not_read_for_the_one_that_is_there(folder, scrape):
    stage(folder / "feeds.prom", b"feeds_users{\n")
    assert len(list(folder.iterdir())) == 2
    assert "\nnode_textfile_scrape_error 0\n" in scrape()
