# SPDX-License-Identifier: Apache-2.0
"""Guests that say nothing of the architecture, and each one on the machine that the VM imitates."""
import pytest
from conftest import (ARCH, FAULT, ISA, OK, TIMEOUT, guest_image,
                      passes_without_hypervisor)

# guest, vCPUs, CPUs of the board, command line
IN_A_VM = [
    ("timer", 1, 1, ""),
    ("timer", 2, 2, ""),
    ("fp", 3, 1, ""),
    ("fp", 4, 2, ""),
    ("uart", 1, 1, ""),
    ("rtc", 1, 1, ""),
    ("dtb", 3, 1, "cpus=3 memory=0x4000000 probe=0x7e57"),
    ("noise", 1, 1, "count=5"),
    ("idle", 2, 1, "ms=500"),
    ("write-everywhere", 2, 1, ""),
    ("fuzz-mmio", 2, 2, "seed=1"),
    ("fuzz-mmio", 3, 1, "seed=2"),
]


@pytest.mark.parametrize("guest,vcpus,pcpus,args", IN_A_VM,
                         ids=[f"{g}-{v}-on-{p}{a and '-' + a}" for g, v, p, a in IN_A_VM])
def test_guest(machine, guest, vcpus, pcpus, args):
    machine.passes(guest, vcpus, pcpus, args)


@pytest.mark.parametrize("storm", ISA.storms)
def test_storm(machine, storm):
    machine.passes(storm, 1 if storm in ("sysreg-storm", "csr-storm") else 4, 2, "ms=700")


def test_lesson_06_width_and_sign_of_a_device_read(machine):
    machine.passes("mmio")


def test_lesson_07_what_does_not_exist_is_an_exception_of_the_guest(machine):
    machine.passes("exceptions")


@pytest.mark.parametrize("pcpus", [1, 2])
def test_lesson_20_an_interrupt_wakes_a_waiting_vcpu(machine, pcpus):
    machine.passes("wfi", vcpus=2, pcpus=pcpus)


@pytest.mark.parametrize("guest,cpus", ISA.reference, ids=[g for g, _ in ISA.reference])
def test_guest_without_hypervisor(guest, cpus):
    passes_without_hypervisor(guest, cpus)


@pytest.mark.parametrize("vcpus,pcpus", [(1, 1), (2, 1), (2, 2)])
def test_power_off(machine, vcpus, pcpus):
    result = machine.run(machine.vm("off", "poweroff", cpus=vcpus), pcpus=pcpus)
    assert result.status == OK
    assert result.has("^guest: powers off$")
    assert "does not return" not in result.text


@pytest.mark.parametrize("guest,kind", [("reset", "reset"), ("reset2", "warm reset")])
def test_lesson_17_a_reset_call_reaches_the_vm_only(machine, guest, kind):
    result = machine.run(machine.vm("again", guest, cpus=2), options=("--no-reboot",))
    assert result.has(f"^guest: asks for a {kind}$")
    assert result.has("axvm: again: asked for a reset")
    assert "does not return" not in result.text
    assert result.status == OK


@pytest.mark.parametrize("vcpus,pcpus", [(1, 1), (2, 1), (2, 2)])
def test_lesson_26_a_reset_starts_afresh(machine, vcpus, pcpus):
    """Again and again the guest finds what it finds after power-on."""
    result = machine.run(machine.vm("again", "reset", cpus=vcpus), pcpus=pcpus, timeout=6)
    assert result.status == TIMEOUT
    assert result.text.count("axvm: again: resets") >= 3
    assert result.text.count("ok the image is fresh") >= 3
    assert "FAIL" not in result.text


def test_lesson_34_a_jump_to_nowhere_is_not_tried_again(machine):
    """The VM stops with a report, or its guest gets the abort; the hypervisor ends in order."""
    result = machine.run(machine.vm("lost", "jump-nowhere"))
    assert result.has("^guest: jumps to 0xc0000000$")
    assert result.has("axvm: lost: stopped on a fault") or result.has("FAIL unexpected exception")
    assert result.has(r"c0000000.*$")
    assert result.has(r"^axvm: status \d$")


# What the guest machine shows of its CPUs.
FEATURES = {"aarch64": "idregs", "riscv64": "csrs"}[ARCH]


@pytest.mark.parametrize("cpu", ISA.cpus)
def test_other_cpus(machine, cpu):
    """The guest sees no feature that the hypervisor does not virtualise, on newer CPUs too."""
    result = machine.run(machine.vm("features", FEATURES), machine.vm("exc", "exceptions"),
                         machine.vm("fp", "fp", cpus=2, args="ms=300"), options=("--cpu", cpu))
    assert result.status == OK
    assert result.passed("features") and result.passed("exc") and result.passed("fp")


@pytest.mark.parametrize("jump", [0, 1])
def test_lesson_16_memory_flags_are_honoured(machine, jump):
    """Memory flags are honoured exactly, in the form that older configurations use."""
    file = machine.folder / "regions.toml"
    file.write_text(f"""
[base]
id = 7
name = "regions"
vm_type = 1
cpu_num = 1
[kernel]
entry_point = {ISA.ram + 0x20_0000:#x}
image_location = "memory"
kernel_path = "{guest_image('regions')}"
kernel_load_addr = {ISA.ram + 0x20_0000:#x}
cmdline = "vm=regions ro={ISA.ram + 0x5000_0000:#x} rw={ISA.ram + 0x5020_0000:#x} jump={jump}"
memory_regions = [
  [{ISA.ram:#x}, 0x0400_0000, 0x7, 0],
  [{ISA.ram + 0x5000_0000:#x}, 0x0010_0000, 0x1, 0],
  [{ISA.ram + 0x5020_0000:#x}, 0x0010_0000, 0x3, 0],
]
[devices]
interrupt_mode = "emu"
""")
    result = machine.run(str(file))
    assert "FAIL" not in result.text
    assert result.has("^ok read-only region: a write aborts$")
    if result.passed("regions"):
        assert result.status == OK
    else:
        assert jump and result.status == FAULT
        assert result.has("axvm: regions: stopped on a fault")
