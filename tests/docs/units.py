"""systemd's units of deploy/systemd, read, and started, watched and stopped as systemd does it.

A stand-in for where no systemd is process 1: of
https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html it knows what these units use, and refuses
what else stands there. What they may do is drawn by confine.py.
"""

import json
import os
import pwd
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What says something to people, to systemd alone, or is said by confine.py not to be played.
IGNORED = set(
    "Description Documentation Requires Wants After WantedBy Backlog OnBootSec OnUnitInactiveSec AccuracySec Nice "
    "PrivateDevices ProtectKernelTunables ProtectKernelModules ProtectKernelLogs ProtectControlGroups ProtectClock "
    "ProtectHostname RestrictNamespaces RestrictRealtime RestrictSUIDSGID RemoveIPC LockPersonality Group".split()
)
PLAYED = set(
    "Type User UMask WorkingDirectory ExecStart ExecReload KillMode TimeoutStartSec TimeoutStopSec Restart RestartSec "
    "RestartPreventExitStatus SuccessExitStatus EnvironmentFile Environment LoadCredential StateDirectory "
    "StateDirectoryMode ReadWritePaths NoNewPrivileges CapabilityBoundingSet ProtectSystem ProtectHome PrivateTmp "
    "ProtectProc ProcSubset MemoryDenyWriteExecute SystemCallArchitectures SystemCallFilter SystemCallErrorNumber "
    "RestrictAddressFamilies PrivateNetwork ListenStream".split()
)


def lines_of(path):
    """Return the settings of a unit's file, as (name, value), in order."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [tuple(line.split("=", 1)) for line in lines if line and line[0] not in "#;["]


class Unit:
    """A unit with its drop-ins."""

    def __init__(self, folder, name):
        self.name = name
        drop_ins = sorted((folder / f"{name}.d").glob("*.conf"))
        self.settings = [each for path in (folder / name, *drop_ins) for each in lines_of(path)]
        unknown = {key for key, _ in self.settings} - IGNORED - PLAYED
        assert not unknown, f"{name}: the stand-in for systemd knows nothing of {unknown}"

    def all(self, key):
        return [value for name, value in self.settings if name == key]

    def get(self, key, default=""):
        return self.all(key)[-1] if self.all(key) else default

    def words(self, key):
        return [word for value in self.all(key) for word in value.split()]

    @property
    def credentials_folder(self):
        return f"/run/credentials/{self.name}"

    @property
    def credentials(self):
        return dict(value.split(":", 1) for value in self.all("LoadCredential"))

    @property
    def environment(self):
        """Return what Environment= says, which comes before what the file of EnvironmentFile= says."""
        words = [word for value in self.all("Environment") for word in shlex.split(value)]
        return dict(word.replace("%d", self.credentials_folder).split("=", 1) for word in words)

    def calls(self):
        """Return the names of the system calls that it may make."""
        allowed = set()
        for value in self.all("SystemCallFilter"):
            names = {name for word in value.lstrip("~").split() for name in calls_of(word)}
            allowed = allowed - names if value.startswith("~") else allowed | names
        return sorted(allowed)


@cache
def calls_of(word):
    """Return the system calls of a group of systemd's, such as @system-service."""
    if not word.startswith("@"):
        return {word}
    shown = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True)
    inner = [line.strip() for line in shown.stdout.splitlines() if line.startswith("    ") and "#" not in line]
    return {name for each in inner for name in calls_of(each)}


def listener_of(unit):
    host, port = unit.get("ListenStream").rsplit(":", 1)
    return socket.create_server((host, int(port)), backlog=int(unit.get("Backlog")))


class Service:
    """A service that was started, and is started again as the unit says."""

    def __init__(self, unit, log, listener):
        self.unit, self.log, self.listener = unit, log, listener
        self.process, self.stopping, self.result = None, False, None
        self._calls = unit.calls()

    def _spec(self):
        unit, user = self.unit, pwd.getpwnam(self.unit.get("User"))
        writable = unit.words("ReadWritePaths")
        for name in unit.words("StateDirectory"):
            folder = Path("/var/lib", name)
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(int(unit.get("StateDirectoryMode", "0755"), 8))
            os.chown(folder, user.pw_uid, user.pw_gid)
            writable.append(str(folder))
        file = {}
        if path := unit.get("EnvironmentFile"):
            file = dict(line for line in lines_of(Path(path)) if len(line) == 2)
        is_on = lambda key: unit.get(key) == "yes"  # noqa: E731
        proc = [f"hidepid={unit.get('ProtectProc')}"] if unit.get("ProtectProc") else []
        return {
            "user": unit.get("User"), "umask": unit.get("UMask", "0022"), "cwd": unit.get("WorkingDirectory", "/"),
            "credentials": unit.credentials, "credentials_folder": unit.credentials_folder, "writable": writable,
            "emptied": [each for each in ("/home", "/root") if is_on("ProtectHome")],
            "private_tmp": is_on("PrivateTmp"), "network": is_on("PrivateNetwork"),
            "proc": ",".join([*proc, *(["subset=pid"] if unit.get("ProcSubset") == "pid" else [])]),
            "strict": unit.get("ProtectSystem") == "strict", "mdwe": is_on("MemoryDenyWriteExecute"),
            "calls": self._calls, "families": unit.words("RestrictAddressFamilies"),
            "listener": self.listener.fileno() if self.listener else None,
            "command": shlex.split(unit.get("ExecStart")),
            "environ": {"PATH": PATH, "HOME": user.pw_dir, "USER": user.pw_name, "LANG": "C.UTF-8"}
            | unit.environment | file,
        }  # fmt: skip

    def start(self):
        """Start it; return once it is there, or has ended where it is one that ends."""
        spec, notify = self._spec(), None
        if self.unit.get("Type") == "notify":
            notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            path = f"/run/notify-{self.unit.name}"
            Path(path).unlink(missing_ok=True)
            notify.bind(path)
            Path(path).chmod(0o777)
            notify.settimeout(30)
            spec["environ"]["NOTIFY_SOCKET"] = path
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            json.dump(spec, file)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.docs.confine", file.name],
                cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=[self.listener.fileno()] if self.listener else [],
            )  # fmt: skip
        if notify:
            assert b"READY=1" in notify.recv(1000)
            notify.close()
        if self.unit.get("Type") == "oneshot":
            self.result = self.process.wait(float(self.unit.get("TimeoutStartSec", "90")))
            return self.result
        threading.Thread(target=self._watch, args=(self.process,), daemon=True).start()
        return 0

    def _watch(self, process):
        code = process.wait()
        if self.stopping or self.process is not process:
            return
        self.result = code
        if self.unit.get("Restart") == "always" and str(code) not in self.unit.words("RestartPreventExitStatus"):
            time.sleep(float(self.unit.get("RestartSec", "0.1")))
            self.start()

    def stop(self):
        """End it as KillMode=mixed does; return whether it ended as it should."""
        assert self.unit.get("KillMode") == "mixed"
        if self.process.poll() is not None:
            return self.result == 0
        self.stopping = True
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(float(self.unit.get("TimeoutStopSec")))
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.stopping = False
        self.result = code
        return code in {0, -signal.SIGTERM} or str(code) in self.unit.words("SuccessExitStatus")

    @property
    def is_active(self):
        return self.process is not None and self.process.poll() is None


class Manager:
    """The services and sockets of a machine, by the verbs of systemctl."""

    def __init__(self, folder):
        self.folder, self.services, self.listeners = folder, {}, {}

    def ctl(self, verb, *words):
        """Do what `systemctl VERB WORDS` does; return the exit code and what it prints."""
        if verb == "daemon-reload":
            return 0, ""
        names = [word if "." in word else f"{word}.service" for word in words if not word.startswith("-")]
        if verb == "enable":
            known = [name for name in names if (self.folder / name).exists()]
            assert known == names, f"no such unit: {set(names) - set(known)}"
            verb = "start" if "--now" in words else "is-enabled"
        answers = [getattr(self, f"_{verb.replace('-', '_')}")(name) for name in names]
        return max(code for code, _ in answers), "".join(text for _, text in answers)

    def _is_enabled(self, name):
        return 0, "enabled\n"

    def _start(self, name):
        if name.endswith(".socket"):
            self.listeners[name] = self.listeners.get(name) or listener_of(Unit(self.folder, name))
            return 0, ""
        if name.endswith(".timer"):  # no minute of it is waited for
            Unit(self.folder, name)
            return 0, ""
        service = self.services.get(name)
        if service and service.is_active:
            return 0, ""
        unit = Unit(self.folder, name)
        for needed in unit.words("Requires"):
            self._start(needed)
        listener = self.listeners.get(name.replace(".service", ".socket"))
        self.services[name] = Service(unit, Path(f"/var/log/{name}.log"), listener)
        code = self.services[name].start()
        return (0, "") if code == 0 else (1, f"Job for {name} failed.\n")

    def _stop(self, name):
        if name.endswith(".socket"):
            self.listeners.pop(name).close()
            return 0, ""
        return (0, "") if self.services[name].stop() else (1, f"{name} failed: {self.services[name].result}\n")

    def _restart(self, name):
        if name in self.services and self.services[name].is_active:
            code, text = self._stop(name)
            if code:
                return code, text
        return self._start(name)

    def _reload(self, name):
        if name == "nginx.service":
            code, text = _run("nginx -s reload")
            time.sleep(0.5)  # nginx takes it in when it has answered already
            return code, text if code else ""
        pid = self.services[name].process.pid
        return _run(self.services[name].unit.get("ExecReload").replace("$MAINPID", str(pid)))

    def _is_active(self, name):
        active = name in self.listeners or (name in self.services and self.services[name].is_active)
        return (0, "active\n") if active else (3, "inactive\n")

    def _status(self, name):
        log = Path(f"/var/log/{name}.log")
        return 0, f"{self._is_active(name)[1]}{log.read_text() if log.exists() else ''}"


def _run(command):
    done = subprocess.run(
        ["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout
