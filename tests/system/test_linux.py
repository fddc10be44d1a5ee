# SPDX-License-Identifier: Apache-2.0
"""Debian's own kernel: boots with one and more vCPUs, and a person can use its console."""
import os
import sys

import pexpect
import pytest
from conftest import ARCH, AXVM, LINUX, OK

KERNEL, RAMDISK = os.path.join(LINUX, "Image"), os.path.join(LINUX, "initrd.gz")


CONSOLE = {"aarch64": "ttyAMA0", "riscv64": "ttyS0"}[ARCH]
# What makes a machine with each of its interrupt controllers, and its name in /proc/interrupts.
IMSIC = 'virtual = [{ id = "msi", model = "imsic" }]'
CONTROLLERS = {"aarch64": [("", "GICv3")],
               "riscv64": [("", "PLIC"), (IMSIC, "APLIC")]}[ARCH]


def linux(machine, name="linux", cpus=1, args="axvm.test=poweroff", memory="512M", devices=""):
    return machine.vm(name, cpus=cpus, memory=memory, kernel=KERNEL, ramdisk=RAMDISK,
                      args=f"console={CONSOLE} {args}", devices=devices)


@pytest.mark.parametrize("devices", [c[0] for c in CONTROLLERS], ids=[c[1] for c in CONTROLLERS])
@pytest.mark.parametrize("vcpus,pcpus", [(1, 1), (2, 2), (4, 2), (4, 1)])
def test_boots(machine, vcpus, pcpus, devices):
    result = machine.run(linux(machine, cpus=vcpus, devices=devices), pcpus=pcpus, timeout=240)
    assert result.status == OK
    assert result.has(rf"^AXVM-GUEST-OK cpus={vcpus}$")
    assert result.has("axvm: linux: powered off")
    assert not result.has("Kernel panic|Internal error|BUG:|WARNING:|soft lockup|rcu.*stall")


def test_two_at_once(machine):
    """Each with its own console and its own power-off; a small guest works beside them."""
    result = machine.run(linux(machine, "one", cpus=2), linux(machine, "two", cpus=2),
                         machine.vm("fp", "fp", cpus=2, args="ms=3000"), pcpus=2, timeout=180)
    assert result.status == OK
    assert len([l for l in result.lines if "AXVM-GUEST-OK cpus=2" in l]) == 2
    assert result.passed("fp")


def test_newest_cpu(machine):
    result = machine.run(linux(machine), timeout=120, options=("--cpu", "max"))
    assert result.status == OK
    assert result.has(r"^AXVM-GUEST-OK cpus=1$")


@pytest.fixture
def console(machine):
    """Starts VM files on a pseudo-terminal; ends what a failed test leaves."""
    started = []

    def start(*files, pcpus=1):
        child = pexpect.spawn(AXVM, ["run", "--arch", ARCH, "--timeout", "150", "--qemu-cpus",
                                     str(pcpus), *files],
                              timeout=60, encoding="utf-8", codec_errors="replace")
        child.logfile_read = sys.stdout
        started.append(child)
        return child

    yield start
    for child in started:
        child.close(force=True)


def ends_with(child, status):
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == status


@pytest.mark.parametrize("devices,name", CONTROLLERS, ids=[c[1] for c in CONTROLLERS])
def test_shell(machine, console, devices, name):
    child = console(linux(machine, cpus=2, args="", devices=devices), pcpus=2)
    child.expect("# ")
    child.sendline("echo answer=$((6*7)) on $(nproc)")
    child.expect("answer=42 on 2\r")
    child.sendline(f"grep -c {name} /proc/interrupts; date +%Y")
    child.expect(r"\r\n[1-9]\d*\r\n20[2-9]\d\r")
    # more at once than any FIFO holds
    text = "".join(chr(ord("a") + i % 26) for i in range(400))
    child.sendline(f"echo {text} | wc -c")
    child.expect("\r\n401\r")
    child.sendline("sleep 1; echo slept")
    child.expect("\r\nslept\r")
    child.sendline("poweroff")
    ends_with(child, OK)


def test_end_by_key(machine, console):
    child = console(machine.vm("echo", "echo"))
    child.expect("echo ready")
    child.send("\x01x")
    child.expect("ended by Ctrl-A x")
    ends_with(child, OK)


def test_typing(machine, console):
    child = console(machine.vm("echo", "echo"))
    child.expect("echo ready")
    child.send("hello\r")
    child.expect("HELLO\r\n")
    child.send("quit\r")
    child.expect("echo: 1 ok, 0 failed")
    ends_with(child, OK)


def test_next_console(machine, console):
    """Keys go to the VM in front; Ctrl-A n brings the next one there."""
    child = console(machine.vm("one", "echo"), machine.vm("two", "echo"))
    child.expect("echo ready")
    child.expect("echo ready")
    child.send("first\r")
    child.expect("FIRST\r\n")
    child.send("\x01n")
    child.expect("two")
    child.send("quit\r")
    child.expect("two: 1 ok, 0 failed")
    child.send("quit\r")
    child.expect("one: 1 ok, 0 failed")
    ends_with(child, OK)
