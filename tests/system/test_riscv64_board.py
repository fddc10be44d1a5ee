# SPDX-License-Identifier: Apache-2.0
"""RISC-V boards of several kinds, and device trees that lack something."""
import subprocess

import pytest
from conftest import ARCH, HOST, HYPERVISOR, OK, QEMU, call

pytestmark = pytest.mark.skipif(ARCH != "riscv64", reason="boards of RISC-V")

CPU = "rv64,h=true"
AIA = "virt,aia=aplic-imsic,aia-guests=3"
# name, machine, CPU, and how many
BOARDS = [
    ("eight harts", "virt", CPU, "8"),
    ("Sv39", "virt", CPU + ",sv39=on", "2"),
    ("timer of the firmware", "virt", CPU + ",sstc=off", "2"),
    ("vectors", "virt", CPU + ",v=true", "2"),
    ("AIA", AIA, CPU, "4"),
    ("AIA in three groups", AIA, CPU, "6,sockets=3"),
]
RAM = bytes.fromhex("0000000080000000")
# name, what is in the tree, what comes in its place, the message
BROKEN = [
    ("no PLIC", b"sifive,plic-1.0.0\0riscv,plic0", b"sifive,plix-1.0.0\0riscv,plix0", "PLIC"),
    ("PLIC without its size", b"riscv,ndev", b"riscv,xxxx", "PLIC"),
    ("4 MiB", RAM + (1 << 29).to_bytes(8, "big"), RAM + (1 << 22).to_bytes(8, "big"),
     "too little memory"),
]


def command(machine, cpu, cpus):
    return [QEMU, "-M", machine, "-cpu", cpu, "-smp", cpus, "-m", "512", "-nodefaults", "-display",
            "none", "-serial", "stdio", "-no-reboot"]


@pytest.mark.parametrize("name,board,cpu,cpus", BOARDS, ids=[b[0] for b in BOARDS])
def test_board(machine, name, board, cpu, cpus):
    bundle = machine.pack(machine.vm("guest", "wfi", cpus=2))
    result = call([*command(board, cpu, cpus), "-kernel", HYPERVISOR, "-initrd", str(bundle)], 60)
    assert result.has(rf"^axvm: \S+ on {cpus[0]} CPUs, 512 MiB$"), name
    assert result.passed("guest")
    assert result.lines[-1] == f"axvm: status {OK}"


@pytest.mark.parametrize("name,old,new,word", BROKEN, ids=[b[0] for b in BROKEN])
def test_broken_tree(tmp_path, name, old, new, word):
    tree = tmp_path / "board.dtb"
    subprocess.run([*command(f"virt,dumpdtb={tree}", CPU, "2")], check=True, capture_output=True)
    blob = tree.read_bytes()
    assert blob.count(old) == 1, name
    tree.write_bytes(blob.replace(old, new))
    result = call([*command("virt", CPU, "2"), "-kernel", HYPERVISOR, "-dtb", str(tree)], 30)
    errors = [l for l in result.lines if l.startswith("axvm: ERROR: ")]
    assert len(errors) == 1 and word in errors[0]
    assert result.lines[-1] == f"axvm: status {HOST}"
