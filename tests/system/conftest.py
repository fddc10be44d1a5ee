# SPDX-License-Identifier: Apache-2.0
"""Runs VMs on the bare-metal hypervisor in QEMU, by `axvm run` or by QEMU itself.

AXVM_ARCH says of which architecture (aarch64)."""
import os
import re
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
AXVM = os.path.join(ROOT, "build", "axvm")
ARCH = os.environ.get("AXVM_ARCH", "aarch64")
BARE = os.path.join(ROOT, "build", ARCH)
HYPERVISOR = os.path.join(BARE, f"axvm-{ARCH}.bin")
LINUX = os.path.join(ROOT, "build", "guest", ARCH)
QEMU = f"qemu-system-{ARCH}"
# The board that `axvm run` makes, and its CPUs.
BOARD, CPU = {"aarch64": ("virt,virtualization=on,gic-version=3", "cortex-a57"),
              "riscv64": ("virt", "rv64,h=true")}[ARCH]

# Written for AArch64's guests and boards so far.
collect_ignore = [] if ARCH == "aarch64" else [
    "test_board.py", "test_bundle.py", "test_guests.py", "test_isolation.py", "test_neighbours.py"]

OK, HOST, CONFIG, FAULT, TIMEOUT = range(5)


class Result:
    """How a run ended, and what was on its console."""

    def __init__(self, status, text):
        self.status = status
        self.text = text.replace("\r", "")
        self.lines = self.text.splitlines()

    def has(self, pattern):
        return re.search(pattern, self.text, re.M) is not None

    def passed(self, name):
        """Whether guest NAME finished with all its checks ok, and at least one."""
        found = re.findall(rf"^(?:\[\S+\] )?{name}: (\d+) ok, (\d+) failed$", self.text, re.M)
        return len(found) == 1 and int(found[0][0]) > 0 and found[0][1] == "0"

    def lines_of(self, name):
        """What VM NAME wrote while another console was in front."""
        return [l[len(name) + 3:] for l in self.lines if l.startswith(f"[{name}] ")]

    def __str__(self):
        return f"status {self.status}\n{self.text}"


def guest_image(guest):
    return os.path.join(BARE, "guests", guest + ".img")


def call(command, timeout):
    """Runs to the end; QEMU ignores SIGTERM when it idles, so that the last word is SIGKILL."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout, check=False)
    except subprocess.TimeoutExpired as error:
        pytest.fail(f"not finished after {timeout} s: {' '.join(command)}\n"
                    f"{(error.stdout or b'').decode(errors='replace')}")
    result = Result(done.returncode, done.stdout.decode(errors="replace"))
    print(" ".join(command))
    print(result)
    return result


class Machine:
    """One test's VM files and boards, in its own folder."""

    def __init__(self, folder):
        self.folder = folder
        self.vms = 0

    def vm(self, name, guest=None, cpus=1, memory="64M", args="", kernel=None, ramdisk=None,
           devices=""):
        """A VM file. A guest of ours shows `name` in its last line."""
        self.vms += 1
        lines = ["[base]", f'name = "{name}"', f"id = {self.vms}",
                 f"cpu_num = {cpus}", "[kernel]",
                 f'kernel_path = "{kernel or guest_image(guest)}"',
                 f'cmdline = "{f"vm={name} {args}" if guest else args}"',
                 f'memory = "{memory}"']
        if ramdisk:
            lines.append(f'ramdisk_path = "{ramdisk}"')
        lines += ["[devices]", devices] if devices else []
        path = self.folder / f"{name}.toml"
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    def run(self, *files, pcpus=1, timeout=60, options=(), extra=()):
        """`axvm run`; its log must be what was on the console."""
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        result = call([AXVM, "run", "--arch", ARCH, "--timeout", str(timeout), "--log", str(log),
                       "--qemu-cpus", str(pcpus), *options, *files,
                       *(["--", *extra] if extra else [])], timeout + 30)
        logged = log.read_text(errors="replace").replace("\r", "") if log.exists() else ""
        assert logged in result.text
        return result

    def pack(self, *files):
        bundle = self.folder / "vms.axb"
        done = subprocess.run([AXVM, "pack", "--arch", ARCH, *files, "-o", str(bundle)], check=False,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return bundle

    def board(self, bundle=None, machine=BOARD, memory=512, pcpus=1, args="", timeout=30,
              cpu=CPU):
        """The hypervisor on a board that `axvm run` would not make; must end by itself."""
        command = [QEMU, "-M", machine, "-cpu", cpu, "-smp", str(pcpus), "-m", str(memory),
                   "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
                   "-kernel", HYPERVISOR]
        if bundle:
            command += ["-initrd", str(bundle)]
        if args:
            command += ["-append", args]
        return call(command, timeout)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)
