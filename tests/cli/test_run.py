# SPDX-License-Identifier: Apache-2.0
"""axvm run: the emulator's arguments, the terminal between, and how a run ends."""
import hashlib
import os
import re
import signal
import subprocess
import termios
import time

import pexpect
import pytest
from conftest import AXVM, CONFIG, FAULT, HOST, MAGIC, OK, TIMEOUT, linux_image

FOREVER = "say(f'pid {os.getpid()} ready\\n')\nwhile True: time.sleep(1)"


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def gone(pid):
    """Whether a process has ended; one that nobody has waited for counts."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


# ---- How it ends ----

@pytest.mark.parametrize("status", [OK, HOST, FAULT])
def test_status_is_the_hypervisors(board, status):
    done = board.run(f"say('hello\\r\\naxvm: status {status}\\r\\n')")
    assert done.status == status
    assert done.out == f"hello\naxvm: status {status}\n"


@pytest.mark.parametrize("text", [
    "nothing", "axvm: status 0\\nmore", "axvm: status 0 or so", "axvm: status", " axvm: status 0",
    "axvm: status -1", "axvm: status 12", "",
])
def test_only_a_last_status_line_counts(board, text):
    done = board.run(f"say('{text}\\n')")
    assert done.status == HOST
    assert "without saying how" in done.err


def test_status_without_newline_and_after_long_lines(board):
    done = board.run("say('x' * 100000 + '\\n\\n' + 'axvm: sta'); say('tus 3')")
    assert done.status == FAULT


def test_emulator_that_fails(board):
    done = board.run("say('axvm: status 0\\n'); sys.exit(3)")
    assert done.status == HOST
    assert "the emulator failed" in done.err


def test_timeout(board):
    done = board.run("say(f'{os.getpid()}\\n')\nwhile True: time.sleep(1)", "--timeout", "1")
    assert done.status == TIMEOUT
    assert "not finished after 1 s" in done.err
    assert gone(int(done.out))


def test_emulator_that_stays_after_its_console(board):
    """Its console is closed and it does not end: it is killed."""
    done = board.run("print(os.getpid(), file=sys.stderr, flush=True)\n"
                     "say('axvm: status 0\\n'); line.close()\nwhile True: time.sleep(1)")
    assert done.status == HOST
    assert gone(int(done.lines[1]))


# ---- The host ----

def test_kvm_is_not_here(board):
    done = board.run("", "--host=kvm")
    assert done.status == HOST
    assert len(done.lines) == 1 and "KVM" in done.err


@pytest.mark.parametrize("host", ["auto", "qemu"])
def test_host(board, host):
    assert board.run("say('axvm: status 0\\n')", "--host", host).status == OK


@pytest.mark.parametrize("arch,packages", [("aarch64", "qemu-system-arm"),
                                           ("riscv64", "qemu-system-riscv .* and opensbi")])
def test_no_emulator(board, arch, packages):
    board.write("Image", linux_image(magic=MAGIC[arch]))
    env = board.emulator("")
    done = board.axvm("run", board.toml, env={**env, "AXVM_QEMU": "/nothing"})
    assert done.status == HOST
    assert re.search(f"/nothing: No such file or directory: install {packages}, ", done.err)


def test_no_hypervisor(board):
    done = board.run("", "--hypervisor", "nothing")
    assert done.status == HOST
    assert "nothing: No such file" in done.err


def test_log_that_cannot_be(board):
    done = board.run("say('axvm: status 0\\n')", "--log", "none/log")
    assert done.status == HOST
    assert "none/log: No such file" in done.err


# ---- The emulator's arguments ----

ARGV = "say(repr(argv) + '\\naxvm: status 0\\n')"


def argv_of(done):
    assert done.status == OK, done
    return eval(done.out.splitlines()[0])  # pylint: disable=eval-used


def option(argv, name):
    assert argv.count(name) == 1
    return argv[argv.index(name) + 1]


@pytest.mark.parametrize("arch,machine,cpu", [
    ("aarch64", "virt,virtualization=on,gic-version=3", "cortex-a57"),
    ("riscv64", "virt", "rv64,h=true"),
])
def test_arguments(board, arch, machine, cpu):
    board.write("Image", linux_image(magic=MAGIC[arch]))
    argv = argv_of(board.run(ARGV))
    assert option(argv, "-M") == machine
    assert option(argv, "-cpu") == cpu
    assert option(argv, "-kernel") == str(board.folder / f"axvm-{arch}.bin")
    assert option(argv, "-smp") == "1"
    assert option(argv, "-m") == "768M"
    assert "-no-reboot" in argv and "-icount" not in argv


@pytest.mark.parametrize("devices", ['virtual = [{ id = "a", model = "imsic" }]',
                                     'emu_devices = [["a", 0xd00_0000, 0x8000, 0, "aplic"]]'])
def test_board_with_interrupts_by_messages(board, devices):
    """One VM that needs it is enough."""
    board.write("Image", linux_image(magic=MAGIC["riscv64"]))
    other = board.vm(name="other.toml", devices=devices)
    argv = argv_of(board.axvm("run", board.toml, other, env=board.emulator(ARGV)))
    assert option(argv, "-M") == "virt,aia=aplic-imsic,aia-guests=3"


def test_bundle_is_the_initial_ram_disk(board):
    assert board.axvm("pack", board.toml, "-o", "vms.axb").status == OK
    wanted = (board.folder / "vms.axb").read_bytes()
    done = board.run("import hashlib\n"
                     "data = open(option('-initrd'), 'rb').read()\n"
                     "say(hashlib.sha256(data).hexdigest() + '\\naxvm: status 0\\n')")
    assert done.out.splitlines()[0] == hashlib.sha256(wanted).hexdigest()


@pytest.mark.parametrize("cpus,sets,wanted", [(1, None, 1), (3, None, 3), (4, None, 4),
                                              (64, None, 4), (1, "[0x30]", 5)])
def test_board_cpus(board, cpus, sets, wanted):
    board.toml = board.vm(base=f"cpu_num = {cpus}" + (f"\nphys_cpu_sets = {sets}" if sets else ""))
    assert option(argv_of(board.run(ARGV)), "-smp") == str(wanted)


@pytest.mark.parametrize("kernel,wanted", [
    ('memory = "512M"', "1024M"), ('memory = "2G"', "2560M"),
    # RAM at its own place in the board, up to 3 GiB from the base
    ("memory_regions = [[0xc000_0000, 0x4000_0000, 7, 1]]", "3072M"),
])
def test_board_memory(board, kernel, wanted):
    board.toml = board.vm(kernel=kernel)
    assert option(argv_of(board.run(ARGV)), "-m") == wanted


@pytest.mark.parametrize("memory,options,text", [
    ("900G", [], r"921856 MiB of RAM in all do not fit this computer's \d+ MiB: give less$"),
    ("1G", ["--qemu-memory", "512M"], "1280 MiB of RAM in all do not fit the board's 512 MiB"),
])
def test_memory_that_is_not_there(board, memory, options, text):
    """The file of the largest VM is named, and no emulator is started."""
    if not options and os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") > 512 << 30:
        pytest.skip("this computer may have it")
    small = board.vm(name="small.toml")
    board.toml = board.vm(kernel=f'memory = "{memory}"')
    done = board.axvm("run", *options, small, board.toml, env=board.emulator(ARGV))
    assert done.status == CONFIG
    assert done.finding(board.toml, text), done


def test_options(board):
    argv = argv_of(board.axvm("run", "--qemu-cpus", "7", "--qemu-memory", "3G", "--cpu", "max",
                              "--icount", "--hypervisor", "Image", board.toml, "--", "-d", "int",
                              "-append", "a b", env=board.emulator(ARGV)))
    assert option(argv, "-smp") == "7"
    assert option(argv, "-m") == "3072M"
    assert option(argv, "-cpu") == "max,pauth-impdef=on"
    assert option(argv, "-icount") == "shift=0,sleep=off"
    assert option(argv, "-kernel") == "Image"
    assert argv[-4:] == ["-d", "int", "-append", "a b"]


def test_newest_cpu_of_another_architecture(board):
    board.write("Image", linux_image(magic=MAGIC["riscv64"]))
    assert option(argv_of(board.run(ARGV, "--cpu", "max")), "-cpu") == "max"


def test_too_many_options(board):
    done = board.axvm("run", board.toml, "--", *["-x"] * 100, env=board.emulator(ARGV))
    assert done.status == CONFIG


def test_several_files(board):
    other = board.vm(name="other.toml", base="cpu_num = 2")
    argv = argv_of(board.axvm("run", board.toml, other, env=board.emulator(ARGV)))
    assert option(argv, "-smp") == "2"


# ---- The terminal ----

ECHO = """
say('ready\\r\\n')
got = b''
while not got.endswith(b'.'):
    got += line.recv(100)
say(repr(got) + '\\r\\naxvm: status 0\\r\\n')
"""


def test_log_is_a_copy(board):
    done = board.run("line.sendall(bytes(range(256)) * 1000); say('\\naxvm: status 0\\n')",
                     "--log", "log")
    assert done.status == OK, done.err
    assert (board.folder / "log").read_bytes().startswith(bytes(range(256)) * 1000)


def spawn(board, behaviour, *args, **options):
    return pexpect.spawn(AXVM, ["run", *args, board.toml], cwd=str(board.folder), timeout=20,
                         env={**os.environ, **board.emulator(behaviour)}, **options)


def test_terminal_is_raw_and_restored(board):
    child = spawn(board, ECHO)
    before = termios.tcgetattr(child.child_fd)
    child.expect("ready")
    raw = termios.tcgetattr(child.child_fd)
    assert not raw[3] & (termios.ICANON | termios.ECHO | termios.ISIG)
    child.send("a\x03\r\x1a\x04.")
    child.expect_exact(r"b'a\x03\r\x1a\x04.'")
    child.expect(pexpect.EOF)
    assert termios.tcgetattr(child.child_fd) == before
    child.close()
    assert child.exitstatus == OK


def test_escape_keys(board):
    """Ctrl-A x ends; Ctrl-A with anything else is the hypervisor's."""
    child = spawn(board, ECHO)
    child.expect("ready")
    child.send("\x01n\x01\x01x\x01")
    time.sleep(0.2)
    child.send("y.")
    child.expect_exact(r"b'\x01n\x01\x01x\x01y.'")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == OK


def test_ctrl_a_x(board):
    child = spawn(board, FOREVER)
    before = termios.tcgetattr(child.child_fd)
    child.expect(r"pid (\d+) ready")
    emulator = int(child.match[1])
    child.send("\x01")
    time.sleep(0.2)
    child.send("x")
    child.expect("ended by Ctrl-A x")
    child.expect(pexpect.EOF)
    assert termios.tcgetattr(child.child_fd) == before
    child.close()
    assert child.exitstatus == OK
    assert gone(emulator)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_signal_ends_and_restores(board, number):
    child = spawn(board, FOREVER)
    before = termios.tcgetattr(child.child_fd)
    child.expect(r"pid (\d+) ready")
    emulator = int(child.match[1])
    os.kill(child.pid, number)
    child.expect(pexpect.EOF)
    assert termios.tcgetattr(child.child_fd) == before
    child.close()
    assert child.exitstatus == 128 + number
    assert gone(emulator)


def test_emulator_dies_with_the_command(board):
    child = spawn(board, FOREVER)
    child.expect(r"pid (\d+) ready")
    emulator = int(child.match[1])
    os.kill(child.pid, signal.SIGKILL)
    assert wait_for(lambda: gone(emulator))
    child.close()


def pipe(board, behaviour, stdin):
    return subprocess.Popen([AXVM, "run", board.toml], stdin=stdin, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, cwd=board.folder,
                            env={**os.environ, **board.emulator(behaviour)})


def test_end_of_input_does_not_end_the_run(board):
    with pipe(board, "time.sleep(0.5); say('later\\naxvm: status 0\\n')",
              subprocess.DEVNULL) as child:
        assert child.stdout.read() == b"later\naxvm: status 0\n"
        assert child.wait(20) == OK


def test_input_from_a_pipe_is_whole(board):
    """Much more than the line takes at once, to a reader that is slow at first."""
    data = bytes(range(2, 256)) * 2000
    reader = f"""
import hashlib
time.sleep(0.3)
got = b''
while len(got) < {len(data)}:
    got += line.recv(65536)
say(hashlib.sha256(got).hexdigest() + '\\naxvm: status 0\\n')
"""
    with pipe(board, reader, subprocess.PIPE) as child:
        child.stdin.write(data)
        child.stdin.close()
        assert child.stdout.read().split()[0].decode() == hashlib.sha256(data).hexdigest()
        assert child.wait(20) == OK


def test_closed_output_ends_the_run(board):
    read, write = os.pipe()
    child = subprocess.Popen([AXVM, "run", board.toml], stdin=subprocess.DEVNULL, stdout=write,
                             stderr=subprocess.PIPE, cwd=board.folder, text=True,
                             env={**os.environ,
                                  **board.emulator("while True: say('x\\n'); time.sleep(0.05)")})
    os.close(write)
    os.close(read)
    assert child.wait(20) == HOST
    assert "standard output: Broken pipe" in child.stderr.read()
    child.stderr.close()


def test_messages_go_to_standard_error(board):
    done = board.run("say('axvm: status 0\\n')")
    assert done.out == "axvm: status 0\n"
    assert re.fullmatch(r"axvm: starting QEMU with 1 CPU and 768 MiB\n", done.err)
