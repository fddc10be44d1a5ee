# SPDX-License-Identifier: Apache-2.0
"""What the axvm command says of itself, read from its --help."""
import os
import re
import subprocess
from collections import namedtuple

# short and value: "" when there is none.
Option = namedtuple("Option", "short long value text")

# argp breaks no line that is shorter.
WIDE = {**os.environ, "ARGP_HELP_FMT": "rmargin=1000"}
OPTION = re.compile(r"  (?:-(?P<short>.), |    )--(?P<long>[\w-]+)(?:=(?P<value>\S+))? +(?P<text>.+)")
COMMAND = re.compile(r"  (?P<name>\w+) .*?(?:  +(?P<text>\S.*))?$")


def help_of(axvm, *command):
    return subprocess.run([axvm, *command, "--help"], env=WIDE, check=True, capture_output=True,
                          text=True).stdout


def options(axvm, *command):
    """Those of a command, or of axvm itself, in the order of its help."""
    return [Option(*(m[key] or "" for key in Option._fields))
            for m in map(OPTION.fullmatch, help_of(axvm, *command).splitlines()) if m]


def takes_files(axvm, command):
    """Whether a command is about VM files."""
    return "FILE.toml" in help_of(axvm, command).splitlines()[0]


def commands(axvm):
    """Each command's name and what it does."""
    found, lines = {}, help_of(axvm).partition("\nCommands:\n")[2].partition("\n\n")[0]
    for line in lines.splitlines():
        if m := COMMAND.match(line):
            name = m["name"]
            found[name] = m["text"]
        else: # what it does, on a line of its own
            found[name] = line.strip()
    return found
