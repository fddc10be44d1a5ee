# SPDX-License-Identifier: Apache-2.0
"""The command as it is installed: with its hypervisor, man pages and completions."""
import os
import re
import shutil
import subprocess

import command_help
import pexpect
import pytest

from conftest import ARCHES, ROOT, run

COMMANDS = ["generate", "check", "run", "pack", "schema"]


# ---- Running ----

def vm(folder, arch):
    path = folder / "vm.toml"
    guest = os.path.join(ROOT, "build", arch, "guests", "poweroff.img")
    path.write_text(f'[kernel]\nkernel_path = "{guest}"\nmemory = "16M"\n')
    return path


@pytest.mark.parametrize("arch", ARCHES)
def test_run_finds_the_installed_hypervisor(tree, tmp_path, arch):
    done = subprocess.run([tree.axvm, "run", "--arch", arch, "--timeout=60", vm(tmp_path, arch)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=90,
                          check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "axvm: status 0" in done.stdout + done.stderr


@pytest.mark.parametrize("arch", ARCHES)
def test_run_says_what_is_missing(tree, tmp_path, arch):
    """A command without its hypervisor."""
    shutil.copy(tree.axvm, tmp_path / "axvm")
    done = subprocess.run([tmp_path / "axvm", "run", "--arch", arch, vm(tmp_path, arch)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                          check=False)
    assert done.returncode == 1
    assert f"axvm-{arch}.bin" in done.stderr and "--hypervisor" in done.stderr


def test_commands_are_all_tested_here(tree):
    assert sorted(command_help.commands(tree.axvm)) == sorted(COMMANDS)


# ---- Man pages ----

def page(tree, name):
    return os.path.join(tree.prefix, "share", "man", "man1", name + ".1")


def rendered(tree, name):
    env = {**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}
    return run("man", "--warnings", "-l", page(tree, name), env=env)


def page_options(text):
    """The heads of the paragraphs that are about an option, such as "-a, --arch=ARCH"."""
    return set(re.findall(r"^ {7}((?:-\S, )?--\S+)$", text, re.M))


def help_options(options):
    return {(f"-{o.short}, " if o.short else "") + "--" + o.long + (o.value and "=" + o.value)
            for o in options}


@pytest.mark.parametrize("command", COMMANDS)
def test_man_page_has_the_options_of_the_help(tree, command):
    assert page_options(rendered(tree, "axvm-" + command)) == help_options(
        command_help.options(tree.axvm, command))


def test_man_page_of_the_command(tree):
    text = rendered(tree, "axvm")
    assert page_options(text) == help_options(command_help.options(tree.axvm))
    for name in COMMANDS:
        assert re.search(rf"^ {{7}}{name}$\n.*axvm-{name}\(1\)", text, re.M)


def test_man_pages_are_those_of_the_commands(tree):
    pages = os.listdir(os.path.dirname(page(tree, "axvm")))
    assert sorted(pages) == sorted(["axvm.1"] + [f"axvm-{name}.1" for name in COMMANDS])


# ---- Completions ----

def bash(tree, *words):
    """What bash offers for the last of the words."""
    file = os.path.join(tree.prefix, "share", "bash-completion", "completions", "axvm")
    script = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); compopt() { :; }; '
              '$(complete -p axvm | sed "s/.*-F \\([^ ]*\\).*/\\1/"); printf "%s\\n" "${COMPREPLY[@]}"')
    return run("bash", "-uc", script, file, *words).split()


def fish(tree, *words):
    file = os.path.join(tree.prefix, "share", "fish", "vendor_completions.d", "axvm.fish")
    lines = run("fish", "--no-config", "-c", f"source {file}; complete -C '{' '.join(words)}'")
    return [line.split("\t")[0] for line in lines.splitlines()]


def zsh(tree, *words):
    """What a Tab shows: zsh has no way to ask for it."""
    folder = os.path.join(tree.prefix, "share", "zsh", "site-functions")
    typed = " ".join(words)
    shell = pexpect.spawn("zsh", ["-f", "-i"], dimensions=(200, 200), encoding="utf-8", timeout=30,
                          env={**os.environ, "TERM": "dumb"})
    shell.sendline(f"PS1=; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; "
                   "echo rea''dy")
    shell.expect_exact("ready")
    shell.send(typed)
    shell.expect_exact(typed)
    shell.send("\t\t")
    text = ""
    while shell.expect([r"[^\a]+", pexpect.TIMEOUT], timeout=1 if text.strip() else 30) == 0:
        text += shell.after
    shell.close(force=True)
    return re.findall(r"[\w-]+", text)


SHELLS = [bash, fish, zsh]


@pytest.mark.parametrize("shell", SHELLS)
def test_commands_are_offered(tree, shell):
    assert set(COMMANDS) <= set(shell(tree, "axvm", ""))


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("shell", SHELLS)
def test_options_are_offered(tree, shell, command):
    wanted = {"--" + option.long for option in command_help.options(tree.axvm, command)}
    assert wanted <= set(shell(tree, "axvm", command, "--"))


@pytest.mark.parametrize("shell", SHELLS)
def test_vm_files_are_offered(tree, shell, tmp_path, monkeypatch):
    (tmp_path / "machine.toml").touch()
    monkeypatch.chdir(tmp_path)
    assert "machine" in " ".join(shell(tree, "axvm", "run", "mach"))


def test_values_are_offered(tree):
    assert bash(tree, "axvm", "run", "--host", "q") == ["qemu"]
    assert bash(tree, "axvm", "run", "--host", "=", "q") == ["qemu"]
    assert "--host=qemu" in fish(tree, "axvm", "run", "--host=q")


def test_each_architecture_that_is_offered_is_known(tree):
    words = bash(tree, "axvm", "generate", "--arch", "")
    assert words
    for arch in words:
        assert "[kernel]" in run(tree.axvm, "generate", "--arch", arch)
