# SPDX-License-Identifier: Apache-2.0
"""Files as they are, and files as `axvm generate` writes them, start."""
import os
import subprocess

import pytest
from conftest import ARCH, AXVM, OK, ROOT, guest_image


@pytest.mark.skipif(ARCH != "aarch64", reason="they name a guest for AArch64")
def test_channel_files(machine):
    files = [os.path.join(ROOT, "configs", f"channel-{end}.toml")
             for end in ("publisher", "subscriber")]
    checked = subprocess.run([AXVM, "check", *files], check=False, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (OK, "")
    result = machine.run(*files)
    assert result.status == OK
    assert result.passed("publisher") and result.passed("subscriber")


ENTRY = {"aarch64": "0x40200000", "riscv64": "0x80200000"}[ARCH]


@pytest.mark.parametrize("entry", [[], ["--entry-point", ENTRY]])
def test_lesson_28_a_generated_file_starts(machine, entry):
    path = str(machine.folder / "vm.toml")
    for command in (["generate", "--arch", ARCH, "--name", "made", "--cpus", "2", "--memory",
                     "64M", "--kernel", guest_image("timer"), "--cmdline", "vm=made", *entry,
                     "-o", path],
                    ["check", "--arch", ARCH, path]):
        done = subprocess.run([AXVM, *command], check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (OK, "")
    result = machine.run(path)
    assert result.status == OK
    assert result.passed("made")
