# SPDX-License-Identifier: Apache-2.0
"""The axvm command on files that a test makes, and on an emulator that a test plays."""
import os
import re
import stat
import struct
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
AXVM = os.environ.get("AXVM", os.path.join(ROOT, "build", "axvm"))

OK, HOST, CONFIG, FAULT, TIMEOUT = range(5)
MIB = 1 << 20


# What a kernel's header has at 0x38 for each architecture.
MAGIC = {"aarch64": b"ARM\x64", "riscv64": b"RSC\x05"}


def linux_image(mem_size=4 * MIB, file_size=8192, magic=MAGIC["aarch64"]):
    """An Image as the kernel's build makes it: with a PE header and one section."""
    head = bytearray(file_size)
    head[0:2] = b"MZ"
    struct.pack_into("<QQQ", head, 8, 0, mem_size, 0xa)
    head[56:60] = magic
    struct.pack_into("<I", head, 0x3c, 0x40)
    head[0x40:0x44] = b"PE\0\0"
    struct.pack_into("<H", head, 0x40 + 6, 1)
    struct.pack_into("<H", head, 0x40 + 20, 160)
    struct.pack_into("<H", head, 0x40 + 24, 0x20b)
    struct.pack_into("<I", head, 0x40 + 24 + 60, 1024)
    struct.pack_into("<II", head, 0x40 + 24 + 160 + 16, file_size - 1024, 1024)
    return bytes(head)


def elf(machine, paddr=0x40200000):
    """An ELF64 file with one segment of 16 bytes."""
    header = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 2, machine, 1, paddr,
                         64, 0, 0, 64, 56, 1, 0, 0, 0)
    return header + struct.pack("<IIQQQQQQ", 1, 5, 120, paddr, paddr, 16, 16, 8) + bytes(16)


class Done:
    """How a command ended, and what it said."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr
        self.lines = self.err.splitlines()
        assert "runtime error" not in self.err and "Sanitizer" not in self.err, self.err

    def __repr__(self):
        return f"status {self.status}\n{self.out}\n{self.err}"

    def finding(self, path, pattern):
        """Whether there is just one finding in `path`: one line with a place and the pattern."""
        return (len(self.lines) == 1 and
                re.match(rf"{re.escape(str(path))}:\d+:\d+: error: ", self.lines[0]) and
                re.search(pattern, self.lines[0]))


class Files:
    """A test's own folder."""

    def __init__(self, folder):
        self.folder = folder
        self.write("Image", linux_image())
        self.write("initrd.gz", b"\x1f\x8b ramdisk")

    def write(self, name, data):
        path = self.folder / name
        if isinstance(data, str):
            data = data.encode()
        path.write_bytes(data)
        return str(path)

    def vm(self, kernel="", base="", devices="", name="vm.toml", path='"Image"'):
        return self.write(name, f"[base]\n{base}\n[kernel]\nkernel_path = {path}\n{kernel}\n"
                                f"[devices]\n{devices}\n")

    def axvm(self, *args, env=None, **options):
        return Done(subprocess.run([AXVM, *map(str, args)], cwd=self.folder, text=True,
                                   errors="replace", capture_output=True,
                                   env={**os.environ, **(env or {})},
                                   stdin=subprocess.DEVNULL, timeout=60, check=False, **options))

    def names(self):
        return sorted(os.listdir(self.folder))


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


FAKE = """#!/usr/bin/python3
import os, re, signal, socket, sys, time
argv = sys.argv[1:]
def option(name):
    return argv[argv.index(name) + 1]
dumpdtb = re.search("dumpdtb=(.*)", option("-M"))
if dumpdtb:
    exec(os.environ["DUMP"])
    sys.exit(0)
line = socket.socket(fileno=int(re.search(r"fd=(\\d+)", option("-chardev"))[1]))
def say(text):
    line.sendall(text.encode())
"""


class Board(Files):
    """`axvm run` with an emulator whose behaviour is Python."""

    def __init__(self, folder):
        super().__init__(folder)
        self.toml = self.vm()
        for arch in MAGIC:
            self.write(f"axvm-{arch}.bin", b"hypervisor")

    def emulator(self, behaviour):
        path = self.write("emulator", FAKE + behaviour + "\n")
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return {"AXVM_QEMU": path, "AXVM_LIBDIR": str(self.folder)}

    def run(self, behaviour, *args, **options):
        return self.axvm("run", *args, self.toml, env=self.emulator(behaviour), **options)


@pytest.fixture
def board(tmp_path):
    return Board(tmp_path)
