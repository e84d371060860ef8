"""The git program: the only place that runs it.

Git is told everything on its command line, and reads no configuration but the repository's own: a hostile
~/.gitconfig, hook, prompt or remote helper has no say (https://git-scm.com/docs/git-config, security notes of
https://git-scm.com/docs/git). Credentials come from a helper, a key or askpass that the deployment names in the
environment; what a URL holds of them is masked wherever git's words are shown.
"""

import os
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from feeds.core.errors import FeedsError

TIMEOUT_S = 120
_LOGIN = re.compile(r"(?<=://)[^/\s]*@")  # to the last @: a password may hold one
# What git may take over from our environment: where programs and the person's keys are, and how to ask for a login.
_PASSED = ("PATH", "HOME", "TMPDIR", "SSH_AUTH_SOCK", "GIT_SSH_COMMAND", "GIT_ASKPASS", "SSL_CERT_FILE", "SSL_CERT_DIR")
_OPTIONS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.symlinks": "false",
    "core.autocrlf": "false",
    "core.attributesFile": os.devnull,
    "core.sparseCheckout": "false",
    # The journal lets go of a line once its commit is safe: objects and references must be on the disk by then.
    "core.fsync": "committed,reference",
    "core.fsyncMethod": "fsync",
    "commit.gpgSign": "false",
    "fetch.recurseSubmodules": "false",
    # `tidy` alone collects garbage, and waits for it.
    "gc.autoDetach": "false",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.ssh.allow": "always",
    "protocol.file.allow": "always",
    "push.recurseSubmodules": "no",
    "submodule.recurse": "false",
}
_REMOTE_VERBS = ("push", "fetch", "ls-remote")
# How git and its hosts say that somebody else was faster. Any other rejection would be the same the next time.
_OVERTAKEN = ("fetch first", "non-fast-forward", "cannot lock ref", "failed to update ref", "incorrect old value")


class GitFailed(FeedsError):
    """Git refused, in its own words."""


class RemoteTrouble(GitFailed):
    """The remote can't be reached, or doesn't let us in: nothing is lost, and it is safe to try again."""

    exit_code = 3


class PushRejected(RemoteTrouble):
    """Somebody has pushed meanwhile: fetch, and commit on top of that."""


class PushDeclined(RemoteTrouble):
    """The host takes no such push: the same one would be declined again."""


class Git:
    """Git in one folder. Every method raises GitFailed.

    `lock` is a descriptor whose flock parts those who write here: a git that outlives us keeps it until it has ended.
    """

    def __init__(
        self,
        folder: Path,
        *,
        environ: Mapping[str, str] = os.environ,
        timeout_s: float = TIMEOUT_S,
        lock: int | None = None,
    ) -> None:
        self.folder = folder
        self._timeout_s = timeout_s
        self._lock = () if lock is None else (lock,)
        self._environ = {name: environ[name] for name in _PASSED if name in environ} | {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_PROTOCOL_FROM_USER": "0",
            "GIT_AUTHOR_NAME": "feeds",
            "GIT_AUTHOR_EMAIL": "feeds@localhost",
            "GIT_COMMITTER_NAME": "feeds",
            "GIT_COMMITTER_EMAIL": "feeds@localhost",
            "LC_ALL": "C",
        }
        options = dict(_OPTIONS)
        if helper := environ.get("FEEDS_GIT_CREDENTIAL_HELPER"):
            options["credential.helper"] = helper
        self._command = ["git", "--no-pager", "--literal-pathspecs"]
        for name, value in options.items():
            self._command += ["-c", f"{name}={value}"]

    def run(self, *words: str, text: bytes | None = None, extra: Mapping[str, str] | None = None) -> bytes:
        """Run git and return what it prints."""
        verb = words[0]
        try:
            git = subprocess.Popen(
                [*self._command, "-C", str(self.folder), *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**self._environ, **(extra or {})},
                # Without a terminal nobody can be asked, and ^C ends us between two commands, not git within one.
                start_new_session=True,
                # What ssh or a helper leaves running would hold the lock for ever.
                pass_fds=() if verb in _REMOTE_VERBS else self._lock,
            )
        except FileNotFoundError as error:
            raise GitFailed("The program git is missing: install it.") from error
        with git:
            try:
                out, errors = git.communicate(text or b"", timeout=self._timeout_s)
            except BaseException as error:
                os.killpg(git.pid, signal.SIGKILL)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise RemoteTrouble(f"git {verb} gave no answer in {self._timeout_s:.0f} s.") from error
                raise
        if git.returncode:
            raise _failure(verb, errors + out if verb == "push" else errors)
        return out


def masked(words: str) -> str:
    """Return git's words without the logins that its URLs may hold."""
    return _LOGIN.sub("***@", words)


def _failure(verb: str, words: bytes) -> GitFailed:
    said = masked(words.decode("utf-8", "replace").strip())
    message = f"git {verb} failed: {said or 'it gave no reason'}"
    if verb == "push" and any(sign in said for sign in _OVERTAKEN):
        return PushRejected(message)
    if verb == "push" and "[remote rejected]" in said:
        return PushDeclined(message)
    if verb in _REMOTE_VERBS:
        return RemoteTrouble(message)
    return GitFailed(message)
