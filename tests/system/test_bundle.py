# SPDX-License-Identifier: Apache-2.0
"""A damaged bundle: the hypervisor refuses what is damaged with a line, and runs the others."""
import pytest
from conftest import HOST, guest_image


def last_status(result):
    return int(result.lines[-1].removeprefix("axvm: status "))


@pytest.fixture
def bundle(machine):
    return machine.pack(machine.vm("first", "noise", args="count=3"),
                        machine.vm("second", "exceptions"), machine.vm("third", "timer"))


def image_at(data, guest):
    """Where a guest's image lies among the bundle's bytes."""
    with open(guest_image(guest), "rb") as file:
        image = file.read()
    at = data.find(image)
    assert at > 0
    return at, len(image)


def test_whole(machine, bundle):
    result = machine.board(bundle)
    assert all(result.passed(n) for n in ("first", "second", "third"))
    assert last_status(result) == 0


@pytest.mark.parametrize("victim,guest,others", [
    ("first", "noise", ("second", "third")),
    ("second", "exceptions", ("first", "third")),
    ("third", "timer", ("first", "second")),
])
def test_flipped_bit(machine, bundle, victim, guest, others):
    data = bytearray(bundle.read_bytes())
    at, size = image_at(data, guest)
    data[at + size // 2] ^= 0x10
    bundle.write_bytes(data)
    result = machine.board(bundle)
    assert result.has(f"^axvm: ERROR: {victim}: refused: .+")
    assert all(result.passed(n) for n in others)
    assert not result.passed(victim)
    assert last_status(result) == HOST


def test_cut_off(machine, bundle):
    data = bundle.read_bytes()
    at, size = image_at(data, "timer")
    bundle.write_bytes(data[:at + size // 2])
    result = machine.board(bundle)
    assert result.has("^axvm: ERROR: third: refused: .+")
    assert result.passed("first") and result.passed("second")
    assert last_status(result) == HOST


@pytest.mark.parametrize("keep", [1, 39, 40, 64, 200])
def test_cut_in_the_index(machine, bundle, keep):
    bundle.write_bytes(bundle.read_bytes()[:keep])
    result = machine.board(bundle)
    assert result.has("^axvm: ERROR: .*bundle")
    assert last_status(result) == HOST


@pytest.mark.parametrize("at", [0, 7, 50, 90, 130])
def test_flipped_bit_in_the_index(machine, bundle, at):
    data = bytearray(bundle.read_bytes())
    data[at] ^= 0x40
    bundle.write_bytes(data)
    result = machine.board(bundle)
    assert result.has("^axvm: ERROR: .*bundle")
    assert last_status(result) == HOST


def test_something_else(machine, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(b"not a bundle, but a text that goes on for a while\n" * 1000)
    result = machine.board(other)
    assert result.has("^axvm: ERROR: .*bundle")
    assert last_status(result) == HOST
