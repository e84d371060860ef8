"""docs/deploy.md, typed line by line on a machine that is thrown away: what it promises is there at its end."""

import json
from pathlib import Path

from tests.docs import deployment
from tests.docs.deployment import DEPLOY, TRANSCRIPT
from tests.docs.steps import Typed, Written, agrees, steps


def test_the_document_followed_line_by_line_gives_a_closed_site_and_shows_what_is_printed(server):
    before = outside()
    played = list(server.follow(DEPLOY.read_text()))
    typed = [(step, answer) for step, answer in played if isinstance(step, Typed)]
    assert len(typed) > 40
    for step, (code, printed) in typed:
        assert code == 0, f"$ {step.command}\n{printed}"
        assert agrees(step.shown, printed), f"$ {step.command}\n{printed}"
    assert deployment.transcript(played) == TRANSCRIPT.read_text(), "python -m tests.docs.deployment makes it anew"

    server.do("systemctl start feeds-app feeds-sync")
    restarts_refuse_nobody(server)
    what_an_editor_leaves_among_the_secrets_is_none(server)
    a_killed_app_comes_back(server)
    the_pages_for_partners_are_there(server)
    nothing_is_root_s_that_the_services_write(server)
    nobody_else_reads_the_site_and_node_exporter_the_metrics(server)
    no_secret_is_in_a_log_also_when_the_app_is_down(server)
    bad_settings_end_the_app_with_their_reason(server)
    assert outside() == before


def outside():
    """Return what a deployment would have left on this machine."""
    folders = (Path(name) for name in ("/opt", "/srv", "/var/lib", "/etc/nginx/sites-enabled", "/etc/systemd/system"))
    return [sorted(folder.iterdir()) for folder in folders if folder.exists()]


def restarts_refuse_nobody(server):
    callback = "https://partners.nord.example/callback/$(cat /etc/feeds/secrets/callback-secret)"
    body = json.dumps([{"timestamp": 1, "type": "injector.item.ready", "data": {"uid": "u", "status": "ready"}}])
    post = f"curl -sS -o /dev/null -w '%{{http_code}}\\n' -d '{body}' {callback}"
    answers = server.do(
        f"(for i in $(seq 20); do {post}; sleep 0.05; done) & (for i in $(seq 20); do {post}; done) & "
        "sleep 0.2; systemctl restart feeds-app; systemctl reload feeds-app; wait"
    )
    assert answers.split() == ["200"] * 40


def what_an_editor_leaves_among_the_secrets_is_none(server):
    server.do("cp /etc/feeds/secrets/callback-secret{,~}; cp /etc/feeds/secrets/callback-secret{,.bak}")
    assert "17 videos" in server.do("feeds check 2>&1")
    server.do("rm /etc/feeds/secrets/*~ /etc/feeds/secrets/*.bak")


def a_killed_app_comes_back(server):
    pid = server.do("pgrep -of '[g]unicorn --bind'").strip()
    server.do(f"kill -9 {pid}")
    waited_for(server, f"now=$(pgrep -of '[g]unicorn --bind') && test $now != {pid} && ! test -e /proc/{pid}")
    assert server.do("curl -sS http://127.0.0.1:8001/readyz") == '{"ready":true}\n'


def waited_for(server, sign):
    """Wait until a command line succeeds."""
    server.do(f"for i in $(seq 300); do {{ {sign}; }} && exit; sleep 0.1; done; exit 1")


def the_pages_for_partners_are_there(server):
    page = server.do("curl -sS https://partners.nord.example/")
    assert "Nord Clips" in page


def nothing_is_root_s_that_the_services_write(server):
    assert server.do("find /var/lib/feeds ! -user feeds") == ""
    assert server.do("find /srv/feeds ! -user feeds -o ! -group www-data -o -perm /007") == ""


def nobody_else_reads_the_site_and_node_exporter_the_metrics(server):
    as_nobody = "setpriv --reuid=nobody --regid=nogroup --clear-groups"
    for path in ("/srv/feeds/users.json", "/var/lib/feeds/state/journal", "/etc/feeds/secrets/site-path"):
        server.do(f"test -e {path} && ! {as_nobody} test -r {path}")
    server.do("setpriv --reuid=www-data --regid=www-data --clear-groups test -r /srv/feeds/users.json")
    server.do("! setpriv --reuid=www-data --regid=www-data --clear-groups test -w /srv/feeds/users.json")
    assert "feeds_needs_a_person" in server.do(f"{as_nobody} cat /var/lib/prometheus/node-exporter/feeds.prom")


def no_secret_is_in_a_log_also_when_the_app_is_down(server):
    server.do("systemctl stop feeds-app.socket feeds-app")
    url = "https://partners.nord.example/callback/$(cat /etc/feeds/secrets/callback-secret)"
    assert server.do(f"curl -sS -o /dev/null -w '%{{http_code}}' -d '[]' {url}") == "502"
    logs = server.do("cat /var/log/nginx/* /var/log/feeds-*.log")
    assert "POST /callback/***" in logs
    for name in ("callback-secret", "secret-key", "site-path", "dailymotion-secret"):
        secret = server.do(f"cat /etc/feeds/secrets/{name}").strip()
        assert len(secret) > 10
        assert secret not in logs


def bad_settings_end_the_app_with_their_reason(server):
    server.do("echo change-me > /etc/feeds/secrets/callback-secret; > /var/log/feeds-app.service.log")
    server.do("systemctl start feeds-app.socket feeds-app")
    waited_for(server, "! systemctl is-active feeds-app")
    log = server.do("sleep 1.5; journalctl -u feeds-app")
    assert log.count("FEEDS_CALLBACK_SECRET_FILE still has the placeholder") == 1  # it was not started again


def test_what_a_person_types_needs_no_more_than_a_terminal():
    typed = [step for step in steps(DEPLOY.read_text()) if isinstance(step, Typed)]
    assert [step.command for step in typed if "sudo" in step.command or "vi " in step.command] == []
    assert sum("feeds edge" in step.command for step in typed) == 2


def test_the_settings_that_it_has_one_write_are_those_of_the_template():
    written = next(step for step in steps(DEPLOY.read_text()) if isinstance(step, Written))
    names = [line.partition("=")[0] for line in written.text.splitlines()]
    template = (deployment.ROOT / "deploy/systemd/feeds.env").read_text()
    assert names == [line.partition("=")[0] for line in template.splitlines() if not line.startswith("#")]
