# SPDX-License-Identifier: Apache-2.0
"""What stays a VM's own, and what its hypervisor does in its place, down to the CPU's registers."""
import pytest
from conftest import OK


@pytest.mark.parametrize("cpu", ["cortex-a57", "neoverse-n1", "max"])
def test_system_registers_of_two_vms(machine, cpu):
    """On one CPU, in turns."""
    result = machine.run(machine.vm("one", "registers", args="seed=1"),
                         machine.vm("two", "registers", args="seed=2"), options=("--cpu", cpu))
    assert result.status == OK
    assert result.passed("one") and result.passed("two")
