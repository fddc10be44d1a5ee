# SPDX-License-Identifier: Apache-2.0
"""What stays a VM's own, and what its hypervisor does in its place, down to the CPU's registers."""
import pytest
from conftest import HOST, OK, QEMU, call, guest_image


@pytest.mark.parametrize("cpu", ["cortex-a57", "neoverse-n1", "max"])
def test_system_registers_of_two_vms(machine, cpu):
    """On one CPU, in turns."""
    result = machine.run(machine.vm("one", "registers", args="seed=1"),
                         machine.vm("two", "registers", args="seed=2"), options=("--cpu", cpu))
    assert result.status == OK
    assert result.passed("one") and result.passed("two")


@pytest.mark.parametrize("cpu", ["cortex-a57", "neoverse-n1", "max"])
@pytest.mark.parametrize("guest", ["aarch32", "walks"])
def test_guest_in_a_vm(machine, guest, cpu):
    result = machine.run(machine.vm("probe", guest), options=("--cpu", cpu))
    assert result.status == OK
    assert result.passed("probe")


@pytest.mark.parametrize("guest", ["aarch32", "walks"])
def test_guest_without_hypervisor(guest):
    result = call([QEMU, "-M", "virt,gic-version=3", "-cpu", "cortex-a57", "-m", "256",
                   "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
                   "-kernel", guest_image(guest), "-append", "reference vm=probe"], 60)
    assert result.passed("probe")


def test_tlb_after_unmapping(machine):
    """Pages go and come under two vCPUs that use them: nobody sees what has been taken away."""
    path = machine.folder / "probe.toml"
    machine.vm("probe", "unmap", cpus=2)
    path.write_text(path.read_text().replace("[kernel]", "phys_cpu_sets = [1, 2]\n[kernel]"))
    result = machine.board(machine.pack(path), pcpus=3, args="axvm.selftest=unmap", timeout=90)
    assert "selftest" not in result.text
    assert result.passed("probe")
    assert result.lines[-1] == f"axvm: status {OK}"


def with_device(machine, name, guest, hpa):
    """A VM with a board's device at 0x0b00_0000."""
    path = machine.vm(name, guest)
    with open(path, "a", encoding="ascii") as file:
        file.write("[devices]\npassthrough_devices = "
                   f'[["device", 0x0b00_0000, {hpa:#x}, 0x1000, 0]]\n')
    return path


def test_passthrough_device(machine):
    """The GPIO of QEMU's board answers at the guest's address for it."""
    result = machine.run(with_device(machine, "probe", "passthrough", 0x0903_0000))
    assert result.status == OK
    assert result.passed("probe")


@pytest.mark.parametrize("what,hpa", [("RAM", 0x5000_0000), ("hypervisor", 0x4020_0000),
                                      ("GICD", 0x0800_0000), ("UART", 0x0900_0000)])
def test_what_no_vm_gets(machine, what, hpa):
    result = machine.run(with_device(machine, "greedy", "passthrough", hpa),
                         machine.vm("other", "noise", args="count=3"))
    assert result.has("axvm: ERROR: greedy: refused: .*is RAM, or a device that the host keeps")
    assert result.passed("other")
    assert result.status == HOST
