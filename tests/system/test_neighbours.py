# SPDX-License-Identifier: Apache-2.0
"""A guest can end itself, never its host and never a neighbour."""
import re

import pytest
from conftest import FAULT, ISA, OK, TIMEOUT


HOSTILE = ["jump-nowhere", "write-everywhere", *ISA.storms, "fuzz-mmio", "reset", "poweroff"]


def beside(machine, guest, ms, **how):
    """Runs a hostile guest beside two that watch their registers and their memory."""
    result = machine.run(machine.vm("hostile", guest, cpus=2, args=f"ms={ms}"),
                         machine.vm("fp", "fp", cpus=2, args="seed=5 ms=800"),
                         machine.vm("noise", "noise", args="seed=9 count=10"), **how)
    assert result.passed("fp"), "the neighbour's registers"
    assert result.passed("noise"), "the neighbour's memory"
    assert not result.has("axvm: ERROR: fault in the hypervisor")
    return result


@pytest.mark.parametrize("pcpus", [1, 2])
@pytest.mark.parametrize("guest", HOSTILE)
def test_hostile_guest(machine, guest, pcpus):
    result = beside(machine, guest, 800, pcpus=pcpus, options=("--no-reboot",))
    assert result.status in (OK, FAULT)


@pytest.mark.parametrize("guest", ISA.storms[:2])
def test_lesson_46_an_endless_flood_starves_nobody(machine, guest):
    """All on one CPU: the others come to their end while the flood goes on."""
    assert beside(machine, guest, 600000, timeout=10).status == TIMEOUT


def test_endless_resets(machine):
    """Who resets for ever gets its turn, and no more."""
    result = machine.run(machine.vm("again", "reset", cpus=2, memory="256M"),
                         machine.vm("noise", "noise", args="seed=9 count=10"), timeout=15)
    assert result.status == TIMEOUT
    assert result.passed("noise")
    assert result.text.count("ok the image is fresh") >= 3


@pytest.mark.parametrize("pcpus", [1, 2])
def test_registers_of_two_vms(machine, pcpus):
    result = machine.run(machine.vm("one", "fp", cpus=2, args="seed=1"),
                         machine.vm("two", "fp", cpus=2, args="seed=2"), pcpus=pcpus)
    assert result.status == OK
    assert result.passed("one") and result.passed("two")


def test_lesson_14_translations_of_two_vms_do_not_mix(machine):
    """The same addresses in both, with other contents: translations must not mix."""
    result = machine.run(machine.vm("one", "noise", args="seed=1 ms=20 count=30"),
                         machine.vm("two", "noise", args="seed=2 ms=20 count=30"))
    assert result.status == OK
    assert result.passed("one") and result.passed("two")


def test_lines_do_not_mix(machine):
    """Everyone's lines arrive whole and in order, whoever is in front."""
    names = ["a", "b", "c"]
    result = machine.run(*[machine.vm(n, "noise", args="ms=1 count=40") for n in names], pcpus=2)
    said = [l for l in result.lines if "noise " in l]
    assert result.status == OK
    assert len(said) == 120
    for line in said:
        assert re.fullmatch(r"(\[[abc]\] )?noise \d+ of 40 abcdefghijklmnopqrstuvwxyz", line), line
    for name in names[1:]:
        numbers = [int(l.split()[1]) for l in result.lines_of(name) if l.startswith("noise ")]
        assert numbers == sorted(numbers)


def test_idle_vms_leave_the_cpu(machine):
    """Three VMs that sleep cost a working one next to nothing."""
    alone = machine.run(machine.vm("worker", "noise", args="ms=1 count=100"))
    crowd = machine.run(machine.vm("worker", "noise", args="ms=1 count=100"),
                        *[machine.vm(f"idle{i}", "idle", cpus=4, args="ms=200")
                          for i in range(3)])
    assert alone.status == OK and crowd.status == OK
    assert crowd.passed("worker") and all(crowd.passed(f"idle{i}") for i in range(3))


def test_many_vms(machine):
    """More vCPUs than CPUs is normal."""
    names = [f"vm{i}" for i in range(8)]
    result = machine.run(*[machine.vm(n, "fp", cpus=2, memory="16M", args=f"seed={i} ms=500")
                           for i, n in enumerate(names, 1)], pcpus=2)
    assert result.status == OK
    assert all(result.passed(n) for n in names)


def test_one_faults_the_other_goes_on(machine):
    result = machine.run(machine.vm("lost", "jump-nowhere"),
                         machine.vm("well", "noise", args="count=10"))
    assert result.passed("well")
    if result.has("axvm: lost: stopped on a fault"):
        assert result.status == FAULT
        assert result.text.index("lost: stopped") < result.text.index("well: 1 ok")
