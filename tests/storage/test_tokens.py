"""The file of the login: its owner's alone, whole, and never where Git could take it."""

import os
import stat
import threading

import pytest

from feeds.core.errors import StorageError, UsageError
from feeds.storage.tokens import MAX_BYTES, TokenFile

LOGIN = {"access_token": "CANARY", "scopes": ["email"]}


@pytest.fixture
def file(tmp_path):
    return TokenFile(tmp_path / "state" / "feeds" / "login.json")


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def names(folder):
    return [path.name for path in folder.iterdir()]


def refusal(call):
    with pytest.raises(UsageError) as refused:
        call()
    assert "CANARY" not in str(refused.value)
    return str(refused.value)


def test_a_login_comes_back_as_it_was_kept(file):
    assert file.read() is None
    file.write(LOGIN)
    assert file.read() == LOGIN
    file.remove()
    assert file.read() is None
    file.remove()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_its_owner_can_read_it_whatever_the_umask(file, umask):
    before = os.umask(umask)
    try:
        file.write(LOGIN)
        file.write(LOGIN)
    finally:
        os.umask(before)
    assert mode(file.path) == 0o600
    assert mode(file.path.parent) == 0o700
    assert names(file.path.parent) == ["login.json"]


@pytest.mark.parametrize("loose", [0o640, 0o604, 0o660, 0o666])
def test_a_login_that_others_could_have_read_is_no_longer_used(file, loose):
    file.write(LOGIN)
    file.path.chmod(loose)
    assert refusal(file.read) == (
        f"{file.path} is open to others (mode {loose:04o}). rm {file.path}, and log in again: others may have read it"
    )


@pytest.mark.parametrize("loose", [0o750, 0o705, 0o777])
def test_a_folder_that_others_can_enter_holds_no_login(file, loose):
    file.write(LOGIN)
    file.path.parent.chmod(loose)
    message = f"{file.path.parent} is open to others (mode {loose:04o}). chmod 700 {file.path.parent}"
    assert refusal(file.read) == refusal(file.prepare) == refusal(lambda: file.write(LOGIN)) == message


@pytest.mark.parametrize("kind", ["clone", "worktree"])
def test_a_login_never_lies_where_git_could_take_it(tmp_path, kind):
    tree = tmp_path / "home"
    tree.mkdir()
    (tree / ".git").mkdir() if kind == "clone" else (tree / ".git").write_text("gitdir: /elsewhere\n")
    file = TokenFile(tree / ".local" / "state" / "feeds" / "login.json")
    assert "would lie in the Git work tree" in refusal(lambda: file.write(LOGIN))
    assert names(tree) == [".git"]


def test_a_link_into_a_git_work_tree_hides_nothing(tmp_path):
    tree = tmp_path / "clone"
    (tree / ".git").mkdir(parents=True)
    (tree / "feeds").mkdir(mode=0o700)
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "feeds").symlink_to(tree / "feeds")
    file = TokenFile(tmp_path / "state" / "feeds" / "login.json")
    assert "would lie in the Git work tree" in refusal(lambda: file.write(LOGIN))


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_what_is_no_file_holds_no_login(file, tmp_path, kind):
    file.prepare()
    if kind == "link":
        (tmp_path / "elsewhere").write_text("{}")
        (tmp_path / "elsewhere").chmod(0o600)
        file.path.symlink_to(tmp_path / "elsewhere")
    elif kind == "folder":
        file.path.mkdir(mode=0o700)
    else:
        os.mkfifo(file.path, 0o600)
    assert str(file.path) in refusal(file.read)


@pytest.mark.parametrize("text", [b"", b"CANARY", b'["CANARY"]', b"\xff", b"[" * 50_000, b" " * (MAX_BYTES + 1)])
def test_a_file_that_is_no_login_says_what_to_do(file, text):
    file.write(LOGIN)
    file.path.write_bytes(text)
    assert refusal(file.read) == f"{file.path} holds no login. Remove it, and log in again with `feeds login`."


def test_a_login_that_cannot_be_written_leaves_the_former_one(file):
    file.write(LOGIN)
    before = file.path.read_bytes()
    with pytest.raises(TypeError):
        file.write({"access_token": {1, 2}})
    assert file.path.read_bytes() == before
    assert names(file.path.parent) == ["login.json"]


def test_a_folder_that_cannot_be_made_is_said_so(tmp_path):
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StorageError, match="can't be made: Not a directory"):
        TokenFile(tmp_path / "state" / "feeds" / "login.json").prepare()


def test_one_renews_at_a_time(file):
    first_in, seen = threading.Event(), []

    def second():
        first_in.wait()
        with file.held():
            seen.append(file.read())

    thread = threading.Thread(target=second)
    thread.start()
    with file.held():
        first_in.set()
        file.write({"login": "of the first"})
    thread.join()
    assert seen == [{"login": "of the first"}]
