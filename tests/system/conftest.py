# SPDX-License-Identifier: Apache-2.0
"""Runs VMs on the bare-metal hypervisor in QEMU, by `axvm run` or by QEMU itself.

Of one architecture at a time: AXVM_ARCH says which (aarch64). What only one has is in test_ARCH.py.
"""
import dataclasses
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


@dataclasses.dataclass(frozen=True)
class Isa:
    """The board, the guest machine, and the guests that try everything."""
    board: str  # on which the hypervisor runs, and one on which it cannot
    board_cpu: str
    unfit: list  # (what it lacks, options of Machine.board(), a word of the message)
    plain: list  # options of the board that the guest machine imitates
    cpus: list  # others that are worth a try
    ram: int
    storms: list
    reference: list  # guests that agree with QEMU's own board, and its number of CPUs
    device: tuple  # of QEMU's board, to pass through: its path in the tree, address, where it
    #                says who it is, and what
    kept: list  # what no VM gets: (name, address on the board)


ISAS = {
    "aarch64": Isa(
        board="virt,virtualization=on,gic-version=3", board_cpu="cortex-a57",
        unfit=[("no EL2", {"machine": "virt,gic-version=3"}, "EL2"),
               ("GICv2", {"machine": "virt,virtualization=on,gic-version=2"}, "GIC")],
        plain=["-M", "virt,gic-version=3", "-cpu", "cortex-a57"],
        cpus=["cortex-a72", "cortex-a76", "neoverse-n1", "max"],
        ram=0x4000_0000,
        storms=["sgi-storm", "hvc-storm", "sysreg-storm"],
        reference=[("exceptions", 1), ("idregs", 1), ("mmio", 1), ("gicd", 1), ("gicr", 2),
                   ("sgi", 3), ("lr-overflow", 1), ("spi", 2), ("timer", 2), ("wfi", 2),
                   ("wfe", 2), ("psci", 2), ("fp", 2), ("uart", 1), ("rtc", 1), ("dtb", 2),
                   ("sysreg-storm", 1), ("fuzz-mmio", 2), ("aarch32", 1), ("walks", 1)],
        device=("/pl061@9030000", 0x0903_0000, 0xfe0, 0x61),
        kept=[("RAM", 0x5000_0000), ("hypervisor", 0x4020_0000), ("GICD", 0x0800_0000),
              ("UART", 0x0900_0000)]),
    "riscv64": Isa(
        board="virt", board_cpu="rv64,h=true",
        unfit=[("no H", {"cpu": "rv64,h=false"}, "H")],
        plain=["-M", "virt", "-cpu", "rv64,h=false"],
        cpus=["rv64,h=true,v=true", "rv64,h=true,sstc=false", "max"],
        ram=0x8000_0000,
        storms=["ipi-storm", "sbi-storm", "csr-storm"],
        reference=[("exceptions", 1), ("mmio", 1), ("plic", 2), ("timer", 2), ("wfi", 2),
                   ("sbi", 2), ("hsm", 2), ("pmu", 1), ("rfence", 2), ("pages", 1), ("fetch", 2),
                   ("fp", 2), ("uart", 1), ("rtc", 1), ("dtb", 2), ("fuzz-mmio", 2),
                   ("walks", 1), ("csrs", 1), ("registers", 1)],
        device=("/soc/virtio_mmio@10008000", 0x1000_8000, 0, 0x74726976),
        kept=[("RAM", 0x9000_0000), ("hypervisor", 0x8020_0000), ("PLIC", 0x0c00_0000),
              ("UART", 0x1000_0000)]),
}
ISA = ISAS[ARCH]
collect_ignore = [f"test_{name}.py" for name in ISAS if name != ARCH]

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
        result = call([AXVM, "run", "--timeout", str(timeout), "--log", str(log),
                       "--qemu-cpus", str(pcpus), *options, *files,
                       *(["--", *extra] if extra else [])], timeout + 30)
        logged = log.read_text(errors="replace").replace("\r", "") if log.exists() else ""
        assert logged in result.text
        return result

    def pack(self, *files):
        bundle = self.folder / "vms.axb"
        done = subprocess.run([AXVM, "pack", *files, "-o", str(bundle)], check=False,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return bundle

    def passes(self, guest, vcpus=1, pcpus=1, args="", options=(), devices=""):
        """Runs one guest in a VM, up to its power-off: all checks are ok."""
        result = self.run(self.vm("probe", guest, cpus=vcpus, args=args, devices=devices),
                          pcpus=pcpus, options=options)
        assert result.status == OK
        assert result.passed("probe")
        return result

    def board(self, bundle=None, machine=ISA.board, memory=512, pcpus=1, args="", timeout=30,
              cpu=ISA.board_cpu):
        """The hypervisor on a board that `axvm run` would not make; must end by itself."""
        command = [QEMU, "-M", machine, "-cpu", cpu, "-smp", str(pcpus), "-m", str(memory),
                   "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
                   "-kernel", HYPERVISOR]
        if bundle:
            command += ["-initrd", str(bundle)]
        if args:
            command += ["-append", args]
        return call(command, timeout)


def passes_without_hypervisor(guest, cpus, board=ISA.plain):
    """On the machine that a VM imitates: a guest checks the architecture, not what ours does."""
    result = call([QEMU, *board, "-smp", str(cpus), "-m", "256", "-nodefaults", "-display", "none",
                   "-serial", "stdio", "-no-reboot", "-kernel", guest_image(guest), "-append",
                   "reference vm=probe ms=300"], 60)
    assert result.passed("probe")


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)
