# SPDX-License-Identifier: Apache-2.0
"""What stays a VM's own, and what its hypervisor does in its place, down to the CPU's registers."""
import pytest
from conftest import HOST, ISA, OK


@pytest.mark.parametrize("cpu", [ISA.board_cpu, *ISA.cpus])
def test_registers_of_two_vms(machine, cpu):
    """On one CPU, in turns."""
    result = machine.run(machine.vm("one", "registers", args="seed=1"),
                         machine.vm("two", "registers", args="seed=2"), options=("--cpu", cpu))
    assert result.status == OK
    assert result.passed("one") and result.passed("two")


def selftest(machine, name):
    """Two vCPUs on two CPUs, and the hypervisor's self-test of that name on a third."""
    path = machine.folder / "probe.toml"
    machine.vm("probe", name, cpus=2)
    path.write_text(path.read_text().replace("[kernel]", "phys_cpu_sets = [1, 2]\n[kernel]"))
    result = machine.board(machine.pack(path), pcpus=3, args=f"axvm.selftest={name}", timeout=90)
    assert "selftest" not in result.text
    assert result.passed("probe")
    assert result.lines[-1] == f"axvm: status {OK}"


def test_lesson_14_no_translation_outlives_an_unmap(machine):
    """Pages go and come under two vCPUs that use them: nobody sees what has been taken away."""
    selftest(machine, "unmap")


def test_lesson_45_time_stands_still_in_a_pause(machine):
    selftest(machine, "pause")


def channel_vm(machine, name, channel, args, cpus=1):
    return machine.vm(name, "channel", args=args, cpus=cpus,
                      devices=f"[[devices.ivc]]\nkey = 7\n{channel}")


@pytest.mark.parametrize("pcpus", [1, 2])
@pytest.mark.parametrize("release", [0, 1])
def test_channel(machine, pcpus, release):
    """One VM publishes, another answers, a third only reads; the doorbells ring both ways. It ends
    by the publisher's call, or with the publisher."""
    files = [
        channel_vm(machine, "pub", 'size = "1M"\nirq_id = 40\nsubscribers = ['
                   '{ name = "sub", rights = "rw" }, { name = "reader", rights = "r" }]',
                   f"publish=1 line=40 peers=2 release={release}"),
        channel_vm(machine, "sub", 'publisher = "pub"\nirq_id = 41', "line=41"),
        channel_vm(machine, "reader", 'publisher = "pub"\nirq_id = 42', "line=42 write=0"),
    ]
    result = machine.run(*files, pcpus=pcpus)
    assert result.passed("pub") and result.passed("sub") and result.passed("reader")
    assert result.status == OK


DEVICE = 0x0b00_0000
PATH, BOARD_DEVICE, WHO, IS = ISA.device


def with_device(machine, name, guest, hpa, args=""):
    """A VM with a board's device at DEVICE."""
    return machine.vm(name, guest, args=args, devices="passthrough_devices = "
                      f'[["device", {DEVICE:#x}, {hpa:#x}, 0x1000, 0]]')


def test_lesson_02_a_passthrough_device_is_at_its_host_address(machine):
    """A device of QEMU's board answers at the guest's address for it."""
    result = machine.run(with_device(machine, "probe", "passthrough", BOARD_DEVICE,
                                     f"at={DEVICE + WHO:#x} word={IS:#x}"))
    assert result.status == OK
    assert result.passed("probe")


def test_a_passthrough_device_by_its_path(machine):
    """In the tree of the board that is started; it is at its host address."""
    result = machine.run(machine.vm(
        "probe", "passthrough", args=f"at={BOARD_DEVICE + WHO:#x} word={IS:#x}",
        devices=f'passthrough_devices = [["{PATH}"]]'))
    assert result.has(r"interrupt \d+ is not forwarded")
    assert result.status == OK
    assert result.passed("probe")


def test_translation_tables_in_nothing(machine):
    machine.passes("walks")


def test_translation_tables_in_a_device(machine):
    """No walk reaches it: the guest aborts, and does not fault for ever."""
    result = machine.run(with_device(machine, "probe", "walks", BOARD_DEVICE, f"tables={DEVICE}"))
    assert result.status == OK
    assert result.passed("probe")


@pytest.mark.parametrize("what,hpa", ISA.kept, ids=[what for what, _ in ISA.kept])
def test_what_no_vm_gets(machine, what, hpa):
    result = machine.run(with_device(machine, "greedy", "passthrough", hpa),
                         machine.vm("other", "noise", args="count=3"))
    assert result.has("axvm: ERROR: greedy: refused: .*is RAM, or a device that the host keeps")
    assert result.passed("other")
    assert result.status == HOST
