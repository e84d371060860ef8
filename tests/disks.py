"""Disks of our own: a small one that can be full, and one whose power can be cut."""

import fcntl
import os
import subprocess
import time

# https://github.com/torvalds/linux/blob/master/include/uapi/linux/ext4.h: _IOR('X', 125, __u32), and the flag by which
# not even the file system's log reaches the disk.
EXT4_IOC_SHUTDOWN = 0x8004587D
EXT4_GOING_FLAGS_NOLOGFLUSH = 2


class NotMountable(Exception):
    """The kernel, or the container that we are in, lets nobody mount this."""


def mount(*words):
    mounted = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)
    if mounted.returncode:
        raise NotMountable(f"mount says {mounted.stderr.strip()}")


def unmount(folder, *, within_s=30):
    """Unmount for good: a disk that is still held somewhere can't come back."""
    until = time.monotonic() + within_s
    while (done := subprocess.run(["umount", folder], capture_output=True, text=True, check=False)).returncode:
        assert "busy" in done.stderr, done.stderr
        assert time.monotonic() < until, f"{folder} is still used"
        time.sleep(0.02)


class SmallDisk:
    """A file system in memory, of so many KiB."""

    def __init__(self, folder, size_kib):
        self.folder = folder
        folder.mkdir()
        mount("-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs", folder)

    def fill(self, *, leaving=0):
        """Take all the space there is, but for so many bytes; return the file that holds it."""
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(b"x" * 4096) == 4096:
                    pass
            except OSError:
                pass
            file.truncate(max(0, filler.stat().st_size - leaving))
        return filler

    def grow(self, size_kib):
        """Be larger from now on."""
        mount("-o", f"remount,size={size_kib}k", self.folder)

    def close(self):
        subprocess.run(["umount", "--lazy", self.folder], check=True)


class FragileDisk:
    """An ext4 in a file. A cut loses what was written and not flushed, as the loss of power would."""

    def __init__(self, root, *, size_mib=64):
        self.folder, self._image = root / "disk", root / "image"
        self.folder.mkdir()
        with self._image.open("wb") as image:
            image.truncate(size_mib * 2**20)
        subprocess.run(["mkfs.ext4", "-q", "-F", self._image], check=True, capture_output=True)
        self.mounted = False
        self.plug_in()

    def plug_in(self):
        """Mount it, as a boot does: ext4 replays its log."""
        mount("-t", "ext4", "-o", "loop", self._image, self.folder)
        self.mounted = True

    def cut(self):
        """Let nothing reach the disk from now on: every call that needs it fails until it is unplugged.

        What is under way meanwhile (0.1 s) proves nothing: an fsync was seen to end well in that moment whose data was
        not there afterwards. With power that is really gone nobody would hear of it.
        """
        fd = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.ioctl(fd, EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH.to_bytes(4, "little"))
        finally:
            os.close(fd)

    def unplug(self):
        """Unmount it; nobody may be using it any more."""
        unmount(self.folder)
        self.mounted = False

    def close(self):
        if self.mounted:
            subprocess.run(["umount", "--lazy", self.folder], check=True)
