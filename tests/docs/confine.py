"""What systemd does to a process before a unit's command runs, done without it: mounts, user, rights, system calls.

`python -m tests.docs.confine SPEC` becomes the command of SPEC, JSON that units.py makes of a unit, and images.py of
an image. Of what
https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html has, these are real here: StateDirectory,
ReadWritePaths and ProtectSystem=strict, ProtectHome, PrivateTmp, PrivateNetwork, ProtectProc and ProcSubset,
LoadCredential, User, UMask, CapabilityBoundingSet, NoNewPrivileges, MemoryDenyWriteExecute, SystemCallFilter,
RestrictAddressFamilies. Not played: PrivateDevices, Protect{Kernel*,ControlGroups,Clock,Hostname},
Restrict{Namespaces,Realtime,SUIDSGID}, LockPersonality.
"""

import ctypes
import json
import mmap
import os
import pwd
import socket
import sys
from pathlib import Path

# linux/mount.h, linux/sched.h, linux/prctl.h
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
# seccomp.h of libseccomp
ALLOW, REFUSE_EPERM, EQUAL, MASKED_EQUAL = 0x7FFF0000, 0x00050001, 4, 7
_libc = ctypes.CDLL(None, use_errno=True)


class _Argument(ctypes.Structure):
    _fields_ = (("number", ctypes.c_uint), ("compare", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


def call(name, *arguments):
    """Call a function of the C library, which answers 0, or raise what it says."""
    given = [each.encode() if isinstance(each, str) else each for each in arguments]
    if getattr(_libc, name)(*given) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}{arguments}: {os.strerror(number)}")


def mount(source, target, kind=None, flags=0, options=None):
    call("mount", source, str(target), kind, ctypes.c_ulong(flags), options)


def see(spec):
    """Have the process see the files that the unit lets it see, and write where it may."""
    call("unshare", CLONE_NEWNS | (CLONE_NEWNET if spec["network"] else 0))
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    user = pwd.getpwnam(spec["user"])
    if spec["credentials"]:
        folder = Path(spec["credentials_folder"])
        folder.mkdir(parents=True, exist_ok=True)
        texts = {name: Path(path).read_bytes() for name, path in spec["credentials"].items()}
        mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700")
        for name, text in texts.items():
            (folder / name).write_bytes(text)
            (folder / name).chmod(0o400)
            os.chown(folder / name, user.pw_uid, user.pw_gid)
        os.chown(folder, user.pw_uid, user.pw_gid)
        mount("none", folder, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    for path in spec["writable"]:
        mount(path, path, None, MS_BIND)
    python = os.open(sys.base_prefix, os.O_PATH)  # it may be somebody's own, in their home
    for path in spec["emptied"]:
        mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755")
        if Path(sys.base_prefix).is_relative_to(path):
            Path(sys.base_prefix).mkdir(parents=True)
            mount(f"/proc/self/fd/{python}", sys.base_prefix, None, MS_BIND)
        mount("none", path, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    if spec["private_tmp"]:
        for path in ("/tmp", "/var/tmp"):
            mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
    if spec["proc"]:
        mount("proc", "/proc", "proc", 0, spec["proc"])
    if spec["strict"]:
        mount("none", "/", None, MS_REMOUNT | MS_BIND | MS_RDONLY)


def become(spec):
    """Become the unit's user, without any capability."""
    user = pwd.getpwnam(spec["user"])
    os.umask(int(spec["umask"], 8))
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text()) if Path("/proc/sys/kernel").exists() else 40
    for capability in range(last + 1):
        call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setuid(user.pw_uid)
    call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def forms(name, families, *, writes_or_runs):
    """Return in which forms a system call is let through: what is compared of its arguments, or None for any."""
    write, run = mmap.PROT_WRITE, mmap.PROT_EXEC
    if name == "socket":
        return [_Argument(0, EQUAL, getattr(socket, family), 0) for family in families]
    if writes_or_runs and name == "mmap":  # not both at once
        return [_Argument(2, MASKED_EQUAL, write | run, each) for each in (0, write, run)]
    if writes_or_runs and name in {"mprotect", "pkey_mprotect"}:
        return [_Argument(2, MASKED_EQUAL, run, 0)]
    return [None]


def filter_calls(names, families, *, writes_or_runs):
    """Let the system calls of these names through, and answer EPERM to all others, as systemd does it by seccomp.

    `families` are the sockets that may be made; `writes_or_runs`: no memory may be written and run.
    """
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(REFUSE_EPERM))
    for name in names:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number < 0:  # of another architecture
            continue
        for form in forms(name, families, writes_or_runs=writes_or_runs):
            array = (_Argument * 1)(*([] if form is None else [form]))
            if seccomp.seccomp_rule_add_array(context, ALLOW, number, form is not None, array) != 0:
                raise OSError(f"libseccomp takes no rule for {name}")
    if seccomp.seccomp_load(context) != 0:
        raise OSError("libseccomp could not load the filter")


def main():
    spec = json.loads(Path(sys.argv[1]).read_text())
    see(spec)
    if spec["listener"] is not None:
        os.dup2(spec["listener"], 3)
        spec["environ"] |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
    become(spec)
    os.chdir(spec["cwd"])
    if spec["calls"]:
        filter_calls(spec["calls"], spec["families"], writes_or_runs=spec["mdwe"])
    os.execvpe(spec["command"][0], spec["command"], spec["environ"])


if __name__ == "__main__":
    main()
