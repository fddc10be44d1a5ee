# SPDX-License-Identifier: Apache-2.0
"""Files as `axvm generate` writes them start."""
import subprocess

import pytest
from conftest import ARCH, AXVM, ISA, OK, guest_image


@pytest.mark.parametrize("entry", [[], ["--entry-point", hex(ISA.ram + 0x20_0000)]])
def test_lesson_28_a_generated_file_starts(machine, entry):
    path = str(machine.folder / "vm.toml")
    for command in (["generate", "--arch", ARCH, "--name", "made", "--cpus", "2", "--memory",
                     "64M", "--kernel", guest_image("fp"), "--cmdline", "vm=made", *entry,
                     "-o", path],
                    ["check", "--arch", ARCH, path]):
        done = subprocess.run([AXVM, *command], check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (OK, "")
    result = machine.run(path)
    assert result.status == OK
    assert result.passed("made")
