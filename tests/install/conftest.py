# SPDX-License-Identifier: Apache-2.0
"""What `meson install` puts in place, in a folder of its own: nothing here looks at the sources."""
import json
import os
import subprocess
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ARCHES = os.environ.get("AXVM_ARCHES", "aarch64 riscv64").split()
BUILDS = [os.path.join(ROOT, "build", name) for name in ("host", *ARCHES)]
EXAMPLES = os.path.join(ROOT, "examples")
HERE = os.path.dirname(os.path.abspath(__file__))

sys.path.append(os.path.join(ROOT, "tools"))


def run(*command, status=0, **options):
    """Standard output; the test fails when the status is another one, or on a word of complaint."""
    options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL, "timeout": 120,
               **options}
    done = subprocess.run([str(word) for word in command], check=False, **options)
    assert done.returncode == status, f"{command}: status {done.returncode}\n{done.stderr}"
    assert status or not done.stderr, f"{command}: {done.stderr}"
    return done.stdout


class Tree:
    """The installed files, below a folder that stands for the root of a machine."""

    def __init__(self, top):
        options = json.loads(run("/usr/bin/meson", "introspect", "--buildoptions", BUILDS[0]))
        values = {option["name"]: option["value"] for option in options}
        self.top = str(top)
        self.prefix = self.top + values["prefix"]
        self.lib = os.path.join(self.prefix, values["libdir"])
        self.include = os.path.join(self.prefix, "include")
        self.axvm = os.path.join(self.prefix, "bin", "axvm")
        for build in BUILDS:
            run("/usr/bin/meson", "install", "-C", build, "--no-rebuild", "--quiet", "--destdir", top)

    def headers(self):
        """As they are written behind #include."""
        return sorted("axvm/" + name for name in os.listdir(os.path.join(self.include, "axvm")))

    def flags(self, *options):
        env = {**os.environ, "PKG_CONFIG_SYSROOT_DIR": self.top,
               "PKG_CONFIG_LIBDIR": os.path.join(self.lib, "pkgconfig")}
        return run("pkg-config", *options, "axvm", env=env).split()


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    return Tree(tmp_path_factory.mktemp("root"))
