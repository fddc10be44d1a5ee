# SPDX-License-Identifier: Apache-2.0
"""Boards on which nothing can run: one clear line and power-off. And faults of our own."""
import pytest
from conftest import AXVM, CONFIG, HOST, ISA, OK, TIMEOUT, call


def errors(result):
    return [l for l in result.lines if l.startswith("axvm: ERROR: ")]


@pytest.fixture
def bundle(machine):
    return machine.pack(machine.vm("guest", "noise", args="count=1"))


UNFIT = ISA.unfit + [("16 MiB", {"memory": 16}, ""),
                     ("64 MiB for a guest of 64 MiB", {"memory": 64}, "")]


@pytest.mark.parametrize("name,options,word", UNFIT, ids=[name for name, _, _ in UNFIT])
def test_unfit_board(machine, bundle, name, options, word):
    result = machine.board(bundle, **options)
    assert len(errors(result)) == 1, name
    assert word in errors(result)[0]
    assert result.lines[-1] == f"axvm: status {HOST}"


def test_no_bundle(machine):
    result = machine.board()
    assert len(errors(result)) == 1 and "bundle" in errors(result)[0]
    assert result.lines[-1] == f"axvm: status {HOST}"


def test_fit_board(machine, bundle):
    """The same board as above, but whole: what the other tests find is its defect."""
    result = machine.board(bundle)
    assert result.passed("guest")
    assert result.lines[-1] == f"axvm: status {OK}"


def test_vm_larger_than_the_board(machine):
    """It is refused; the other one runs. The command would not start such a board by itself."""
    big = machine.vm("big", "noise", memory="4G")
    small = machine.vm("small", "noise", args="count=1")
    result = machine.run(big, small, extra=("-m", "512M"))
    assert result.has("axvm: ERROR: big: refused: ")
    assert result.passed("small")
    assert result.status == HOST


@pytest.mark.parametrize("kind", ["fault", "overflow", "wx"])
def test_host_fault(machine, bundle, kind):
    """Registers, a backtrace by function name, and a status of its own."""
    result = machine.board(bundle, args=f"axvm.selftest={kind}")
    assert result.has("^axvm: ERROR: fault in the hypervisor on CPU 0:")
    assert result.has(r"^axvm: +#\d+ [0-9a-f]{16} \w+\+0x[0-9a-f]+$")
    assert result.has("fault_selftest|overflow")
    assert result.lines[-1] == "axvm: status 5"


def test_timeout(machine):
    result = machine.run(machine.vm("sleeper", "idle", args="ms=60000"), timeout=4)
    assert result.status == TIMEOUT
    assert result.has("not finished after 4 s")


def test_missing_kernel(machine):
    file = machine.vm("none", "no-such-guest")
    result = call([AXVM, "run", file], 10)
    assert result.status == CONFIG
    assert len(result.lines) == 1
    assert result.has(rf"^{file}:\d+:\d+: error: .*no-such-guest.img")


def test_emulator_options(machine):
    """What follows `--` reaches the emulator."""
    result = machine.run(machine.vm("guest", "noise", args="count=1"),
                         extra=("-name", "no,such=option"))
    assert result.status == HOST
    assert "no" in result.text
