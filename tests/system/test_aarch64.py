# SPDX-License-Identifier: Apache-2.0
"""What only AArch64 has."""
import os
import subprocess

import pytest
from conftest import AXVM, ISA, OK, ROOT

# guest, vCPUs, CPUs of the board, command line
IN_A_VM = [
    ("idregs", 1, 1, ""),
    ("gicd", 1, 1, ""),
    ("gicd", 2, 2, ""),
    ("gicr", 4, 2, ""),
    ("sgi", 2, 1, ""),
    ("sgi", 2, 2, ""),
    ("sgi", 20, 2, ""),
    ("spi", 2, 1, ""),
    ("spi", 2, 2, ""),
    ("wfe", 2, 1, ""),
    ("wfe", 2, 2, ""),
    ("sysreg-storm", 1, 1, "seed=2"),
]


@pytest.mark.parametrize("guest,vcpus,pcpus,args", IN_A_VM,
                         ids=[f"{g}-{v}-on-{p}{a and '-' + a}" for g, v, p, a in IN_A_VM])
def test_guest(machine, guest, vcpus, pcpus, args):
    machine.passes(guest, vcpus, pcpus, args)


@pytest.mark.parametrize("pcpus", [1, 2])
def test_lesson_17_firmware_calls_are_answered_or_refused(machine, pcpus):
    machine.passes("psci", vcpus=2, pcpus=pcpus)


def test_lesson_19_more_interrupts_than_list_registers(machine):
    machine.passes("lr-overflow")


@pytest.mark.parametrize("cpu", [ISA.board_cpu, "neoverse-n1", "max"])
@pytest.mark.parametrize("guest", ["aarch32", "walks"])
def test_on_other_cpus(machine, guest, cpu):
    machine.passes(guest, options=("--cpu", cpu))


def test_channel_files(machine):
    files = [os.path.join(ROOT, "configs", f"channel-{end}.toml")
             for end in ("publisher", "subscriber")]
    checked = subprocess.run([AXVM, "check", *files], check=False, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (OK, "")
    result = machine.run(*files)
    assert result.status == OK
    assert result.passed("publisher") and result.passed("subscriber")
