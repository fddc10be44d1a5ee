# SPDX-License-Identifier: Apache-2.0
"""What only RISC-V has: its guests, and interrupts by messages."""
import pytest
from conftest import FAULT, ISA, OK, TIMEOUT, passes_without_hypervisor
from test_linux import IMSIC

# guest, vCPUs, CPUs of the board, command line
IN_A_VM = [
    ("sbi", 2, 1, ""),
    ("pmu", 1, 1, ""),
    ("hsm", 2, 1, ""),
    ("hsm", 2, 2, ""),
    ("rfence", 3, 1, ""),
    ("rfence", 2, 2, ""),
    ("rfence", 4, 2, ""),
    ("plic", 1, 1, ""),
    ("plic", 2, 2, ""),
    ("pages", 1, 1, ""),
    ("fetch", 2, 1, ""),
    ("fetch", 2, 2, ""),
    ("timer", 2, 1, "timer=1"),
    ("csr-storm", 1, 1, "seed=2"),
]


@pytest.mark.parametrize("guest,vcpus,pcpus,args", IN_A_VM,
                         ids=[f"{g}-{v}-on-{p}{a and '-' + a}" for g, v, p, a in IN_A_VM])
def test_guest(machine, guest, vcpus, pcpus, args):
    machine.passes(guest, vcpus, pcpus, args)


def test_lesson_18_firmware_calls_with_bad_arguments(machine):
    """Pointers outside RAM, harts that do not exist, more than a console takes at once."""
    machine.passes("sbi", vcpus=2, pcpus=2)


def test_what_a_hart_has_not(machine):
    machine.passes("csrs")


@pytest.mark.parametrize("cpu", ISA.cpus)
@pytest.mark.parametrize("guest,vcpus", [("pages", 1), ("timer", 2), ("mmio", 1), ("hsm", 2),
                                         ("fp", 3)])
def test_on_other_cpus(machine, guest, vcpus, cpu):
    """With vectors, without the timer of S-mode, with all there is."""
    machine.passes(guest, vcpus, options=("--cpu", cpu))


@pytest.mark.parametrize("value,said,status", [(0x5555, "powered off", OK),
                                               (0x73333, "reported a failure", FAULT),
                                               (0x7777, "asked for a reset", OK)])
def test_power_by_the_test_device(machine, value, said, status):
    result = machine.run(machine.vm("off", "power", cpus=2, args=f"value={value:#x}"),
                         options=("--no-reboot",))
    assert result.status == status
    assert result.has(f"^guest: writes {value:#x}$")
    assert f"axvm: off: {said}" in result.text
    assert "FAIL" not in result.text


def test_a_fetch_through_tables_in_nothing(machine):
    """The VM stops with a report, or its guest gets the fault; nobody faults for ever."""
    result = machine.run(machine.vm("lost", "walks", args="jump=1"))
    assert result.status != TIMEOUT
    assert result.passed("lost") or (result.status == FAULT and
                                     result.has("axvm: lost: stopped on a fault"))


# ---- APLIC and IMSIC in the PLIC's place ----

BY_MESSAGES = [
    ("imsic", 1, 1, ""),
    ("imsic", 2, 1, ""),
    ("imsic", 2, 2, ""),
    ("imsic", 6, 1, ""),
    ("msi-storm", 5, 1, ""),
    ("msi-storm", 4, 2, ""),
    ("dtb", 3, 1, "cpus=3 memory=0x4000000 probe=0x7e57"),
    ("timer", 2, 2, ""),
    ("uart", 1, 1, ""),
    ("rtc", 1, 1, ""),
    ("wfi", 2, 1, ""),
    ("wfi", 2, 2, ""),
    ("fp", 4, 2, ""),
    ("csrs", 1, 1, ""),
    ("hsm", 2, 2, ""),
    ("fuzz-mmio", 3, 2, "seed=1"),
    ("csr-storm", 1, 1, "seed=1"),
    ("ipi-storm", 4, 2, "ms=700"),
    ("write-everywhere", 2, 1, ""),
]


@pytest.mark.parametrize("guest,vcpus,pcpus,args", BY_MESSAGES,
                         ids=[f"{g}-{v}-on-{p}{a and '-' + a}" for g, v, p, a in BY_MESSAGES])
def test_guest_by_messages(machine, guest, vcpus, pcpus, args):
    machine.passes(guest, vcpus, pcpus, args, devices=IMSIC)


def test_messages_between_harts_take_no_exit(machine):
    """With a CPU for each hart; QEMU's log has every exception."""
    log = machine.folder / "exceptions"
    storm = machine.vm("storm", "msi-storm", cpus=2, args="ms=100", devices=IMSIC)
    result = machine.run(storm, pcpus=2, extra=("-d", "int", "-D", str(log)))
    assert result.status == OK
    assert result.passed("storm")
    text = log.read_text()
    assert "guest_store_page_fault" in text  # of the console, for instance
    assert "tval:0x000000002800" not in text


def test_registers_of_two_vms_beside_messages(machine):
    """Neither has interrupt files, but the CPU's selection register is there for both."""
    result = machine.run(machine.vm("one", "registers", args="seed=1"),
                         machine.vm("two", "registers", args="seed=2"),
                         extra=("-M", "virt,aia=aplic-imsic,aia-guests=3"))
    assert result.status == OK
    assert result.passed("one") and result.passed("two")


@pytest.mark.parametrize("guest,cpus", [("imsic", 1), ("imsic", 2), ("wfi", 2), ("dtb", 2)])
def test_guest_by_messages_without_hypervisor(guest, cpus):
    passes_without_hypervisor(guest, cpus, ["-M", "virt,aia=aplic-imsic", "-cpu", "rv64,h=false"])


@pytest.mark.parametrize("vcpus,pcpus", [(1, 1), (2, 1), (2, 2)])
def test_lesson_26_a_reset_starts_afresh_by_messages(machine, vcpus, pcpus):
    result = machine.run(machine.vm("again", "reset", cpus=vcpus, devices=IMSIC), pcpus=pcpus,
                         timeout=6)
    assert result.status == TIMEOUT
    assert result.text.count("ok the image is fresh") >= 3
    assert "FAIL" not in result.text


def test_one_of_each(machine):
    """Two VMs side by side, one with wires and one with messages."""
    result = machine.run(machine.vm("wires", "wfi", cpus=2),
                         machine.vm("messages", "wfi", cpus=2, devices=IMSIC), pcpus=2)
    assert result.status == OK
    assert result.passed("wires") and result.passed("messages")
