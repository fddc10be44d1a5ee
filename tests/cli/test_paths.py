# SPDX-License-Identifier: Apache-2.0
"""Devices that a VM file names by their paths in the board's device tree."""
import os
import re
import signal
import subprocess
import time

import pytest
from conftest import AXVM, CONFIG, HOST, MAGIC, OK, linux_image
from test_files import place_of

TREE = """/dts-v1/;
/ {
    #address-cells = <2>;
    #size-cells = <2>;
    interrupt-parent = <&gic>;
    gic: intc@8000000 {
        compatible = "vendor,gic", "arm,gic-v3";
        #interrupt-cells = <3>;
        reg = <0 0x8000000 0 0x10000>;
        ranges;
        its@8080000 { reg = <0 0x8080000 0 0x20000>; };
    };
    cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; reg = <0>; }; };
    core { device_type = "cpu"; reg = <0 0xb000000 0 0x1000>; };
    memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x1000000>; };
    bank { device_type = "memory"; reg = <0 0x50000000 0 0x1000000>; };
    reserved-memory { #address-cells = <2>; #size-cells = <2>; ranges;
        pool@60000000 { reg = <0 0x60000000 0 0x1000>; }; };
    gpio: gpio@b030000 { reg = <0 0xb030000 0 0x1000>; interrupts = <0 7 4>; status = "okay";
        #interrupt-cells = <2>; };
    gpio-keys { reg = <0 0xb031000 0 0x1000>; interrupts = <0 7>; interrupt-parent = <&gpio>;
        status = "ok"; };
    mux: mux@b032000 { #interrupt-cells = <3>; };
    muxed { reg = <0 0xb033000 0 0x1000>; interrupts = <0 7 4>; interrupt-parent = <&mux>; };
    uart@b040000 { reg = <0 0xb040000 0 0x1000>; interrupts = <1 13 4>, <0 988 4>, <0 40 4>; };
    ppi@b041000 { reg = <0 0xb041000 0 0x1000>; interrupts = <1 13 4>; };
    cut@b042000 { reg = <0 0xb042000 0 0x1000>; interrupts = <0 41>; };
    nobody@b043000 { reg = <0 0xb043000 0 0x1000>; interrupts = <0 41 4>;
        interrupt-parent = <0x1234>; };
    soc {
        #address-cells = <1>;
        #size-cells = <1>;
        ranges = <0x0 0x0 0xb100000 0x100000>, <0x7e000000 0x1 0xc000000 0x1000000>,
                 <0xf0000000 0xffffffff 0xfffff000 0x2000>;
        dma@1000 { reg = <0x1000 0x1000>, <0x7e001000 0x2000>; interrupts = <0 9 4>; };
        last@fffff { reg = <0xff000 0x1000>; };
        over@fffff { reg = <0xff000 0x1001>; };
        between@100000 { reg = <0x100000 0x1000>; };
        top@f0000000 { reg = <0xf0001000 0x1000>; };
        simple {
            #address-cells = <1>;
            #size-cells = <1>;
            ranges;
            eth@2000 { reg = <0x2000 0x1000>; };
            bridge@3000 {
                #address-cells = <2>;
                #size-cells = <1>;
                ranges = <0x10 0x0 0x3000 0x1000>;
                deep@1000000100 { reg = <0x10 0x800 0x100>; };
                large@1000000000 { reg = <0x10 0x0 0x1001>; };
            };
        };
        cut { #address-cells = <1>; #size-cells = <1>; ranges = <0 0>;
            dev@0 { reg = <0 0x1000>; }; };
    };
    defaults { ranges; dev@b200000 { reg = <0 0xb200000 0x1000>; }; };
    closed { #address-cells = <2>; #size-cells = <2>; dev@1 { reg = <0 1 0 1>; }; };
    i2c { #address-cells = <1>; #size-cells = <0>; chip@50 { reg = <0x50>; }; };
    pci { #address-cells = <3>; #size-cells = <2>; ranges; fn@0 { reg = <0 0 0 0 0>; }; };
    narrow { #address-cells = <0>; #size-cells = <1>; fn@0 { reg = <0>; }; };
    off { status = "disabled"; ranges; #address-cells = <2>; #size-cells = <2>;
        reg = <0 0xb300000 0 0x1000>; dev@b400000 { reg = <0 0xb400000 0 0x1000>; }; };
    reserved { status = "reserved"; reg = <0 0xb300000 0 0x1000>; };
    twin@1 { reg = <0 0xb500000 0 0x1000>; };
    twin@2 { reg = <0 0xb501000 0 0x1000>; };
    whole { reg = <0 0xb502000 0 0x1000>; };
    whole@1 { reg = <0 0xb503000 0 0x1000>; };
    bare { };
    empty { reg; };
    short { reg = <0 1 0>; };
    none { reg = <0 0xb600000 0 0>; };
    wraps { reg = <0xffffffff 0xfffff000 0 0x1001>; };
    a-name-of-more-than-forty-seven-bytes-which-is-cut@b700000 {
        reg = <0 0xb700000 0 0x1000>, <0 0xb710000 0 0x1000>; };
    many { reg = <%s>; };
    most { reg = <%s>; };
    %s
};
""" % (" ".join(f"0 {0x10000000 + i * 0x1000:#x} 0 0x1000" for i in range(33)),
       " ".join(f"0 {0x10000000 + i * 0x1000:#x} 0 0x1000" for i in range(32)),
       "l { " * 40 + "}; " * 40)


def compile_tree(files, text=TREE, name="board.dtb"):
    blob = subprocess.run(["dtc", "-q", "-f", "-I", "dts", "-O", "dtb"], input=text.encode(),
                          capture_output=True, check=True).stdout
    return files.write(name, blob)


@pytest.fixture(name="tree")
def make_tree(files):
    return compile_tree(files)


def explicit(name, base, size, irq=0):
    return f'["{name}", {base:#x}, {base:#x}, {size:#x}, {irq}]'


# What a path stands for.
GOOD = {
    "/gpio@b030000": [explicit("gpio@b030000", 0xb030000, 0x1000, 39)],
    "/gpio": [explicit("gpio@b030000", 0xb030000, 0x1000, 39)],
    "//gpio@b030000/": [explicit("gpio@b030000", 0xb030000, 0x1000, 39)],
    "/gpio-keys": [explicit("gpio-keys", 0xb031000, 0x1000)],
    "/muxed": [explicit("muxed", 0xb033000, 0x1000)],
    "/uart": [explicit("uart@b040000", 0xb040000, 0x1000, 72)],
    "/ppi": [explicit("ppi@b041000", 0xb041000, 0x1000)],
    "/cut": [explicit("cut@b042000", 0xb042000, 0x1000)],
    "/nobody": [explicit("nobody@b043000", 0xb043000, 0x1000)],
    "/soc/dma": [explicit("dma@1000", 0xb101000, 0x1000, 41),
                 explicit("dma@1000-1", 0x1_0c00_1000, 0x2000)],
    "/soc/last": [explicit("last@fffff", 0xb1ff000, 0x1000)],
    "/soc/simple/eth@2000": [explicit("eth@2000", 0xb102000, 0x1000)],
    "/soc/simple/bridge/deep": [explicit("deep@1000000100", 0xb103800, 0x100)],
    "/defaults/dev": [explicit("dev@b200000", 0xb200000, 0x1000)],
    "/twin@2": [explicit("twin@2", 0xb501000, 0x1000)],
    "/whole": [explicit("whole", 0xb502000, 0x1000)],
    "/whole@1": [explicit("whole@1", 0xb503000, 0x1000)],
    "/a-name-of-more-than-forty-seven-bytes-which-is-cut@b700000": [
        explicit("a-name-of-more-than-forty-seven-bytes-which-is-", 0xb700000, 0x1000),
        explicit("a-name-of-more-than-forty-seven-bytes-which-i-1", 0xb710000, 0x1000)],
    "/most": [explicit("most" + (f"-{i}" if i else ""), 0x10000000 + i * 0x1000, 0x1000)
              for i in range(32)],
}


def pack(files, devices, *options, **parts):
    done = files.axvm("pack", *options, files.vm(devices=devices, **parts), "-o", "vms.axb")
    assert done.status == OK, done
    return (files.folder / "vms.axb").read_bytes()


@pytest.mark.parametrize("path", GOOD)
def test_path_is_its_addresses(files, tree, path):
    """The bundle is the one of a file with the addresses."""
    wanted = pack(files, f"passthrough_devices = [{', '.join(GOOD[path])}]")
    for devices in (f'passthrough_devices = [["{path}"]]',
                    f'passthrough = [{{ path = "{path}" }}]'):
        assert pack(files, devices, "--board-dtb", tree) == wanted


RISCV = """/dts-v1/;
/ {
    #address-cells = <2>;
    #size-cells = <2>;
    soc {
        #address-cells = <2>;
        #size-cells = <2>;
        ranges;
        plic: plic@c000000 { compatible = "sifive,plic-1.0.0", "riscv,plic0";
            #interrupt-cells = <1>; reg = <0 0xc000000 0 0x600000>; };
        aplic: aplic@d000000 { compatible = "riscv,aplic"; #interrupt-cells = <2>;
            reg = <0 0xd000000 0 0x8000>; };
        imsics@28000000 { compatible = "riscv,imsics"; reg = <0 0x28000000 0 0x4000>; };
        wired@10000000 { reg = <0 0x10000000 0 0x100>; interrupts = <11 10>;
            interrupt-parent = <&plic>; };
        message@10001000 { reg = <0 0x10001000 0 0x1000>; interrupts = <8 4>;
            interrupt-parent = <&aplic>; };
        none@10002000 { reg = <0 0x10002000 0 0x1000>; interrupts = <>;
            interrupt-parent = <&plic>; };
    };
};
"""
RISCV_GOOD = {
    "/soc/wired": explicit("wired@10000000", 0x10000000, 0x100, 11),
    "/soc/message": explicit("message@10001000", 0x10001000, 0x1000, 8),
    "/soc/none": explicit("none@10002000", 0x10002000, 0x1000),
}


@pytest.fixture(name="riscv")
def make_riscv(files):
    """A board whose devices have their own addresses in a VM whose machine has none of them."""
    files.write("Image", linux_image(magic=MAGIC["riscv64"]))
    return compile_tree(files, RISCV), 'emu_devices = [["d", 0x200_0000, 1, 0, "dummy"]]\n'


@pytest.mark.parametrize("path", RISCV_GOOD)
def test_path_on_a_riscv_board(files, riscv, path):
    tree, devices = riscv
    wanted = pack(files, f"{devices}passthrough_devices = [{RISCV_GOOD[path]}]")
    assert pack(files, f'{devices}passthrough_devices = [["{path}"]]', "--board-dtb",
                tree) == wanted


@pytest.mark.parametrize("name", ["plic@c000000", "aplic@d000000", "imsics@28000000"])
def test_interrupt_controllers_of_a_riscv_board(files, riscv, name):
    tree, devices = riscv
    path = files.vm(devices=f'{devices}passthrough_devices = [["/soc/{name}"]]')
    done = files.axvm("check", "--board-dtb", tree, path)
    assert done.status == CONFIG
    assert done.finding(path, f'"{name}" is the interrupt controller: the host keeps it')


BAD = {
    "/gpio@b030001": r'no "gpio@b030001" in the board.s device tree: the nearest in "/" is '
                     r'"gpio@b030000"$',
    "/soc/simple/eht": 'no "eht" .*: the nearest in "simple" is "eth@2000"',
    "/bare/x": 'no "x" .*: nothing is in "bare"',
    "/": "is the root",
    "/intc": '"intc@8000000" is the interrupt controller',
    "/intc/its": '"intc@8000000" is the interrupt controller',
    "/cpus/cpu@0": '"cpus" is no device: use cpu_num',
    "/core": '"core" is no device: use cpu_num',
    "/memory": '"memory@40000000" is memory',
    "/bank": '"bank" is memory',
    "/reserved-memory/pool": '"reserved-memory" is memory',
    "/off": '"off" is disabled',
    "/off/dev": '"off" is disabled',
    "/reserved": '"reserved" is disabled',
    "/twin": '2 nodes are named "twin"',
    "/bare": "has no reg",
    "/empty": "damaged reg: 0 bytes",
    "/short": "damaged reg: 12 bytes",
    "/none": "0x0 bytes at 0xb600000",
    "/wraps": "0x1001 bytes at 0xfffffffffffff000",
    "/soc/over": '0xff000 is outside of the ranges of "soc"',
    "/soc/between": '0x100000 is outside of the ranges of "soc"',
    "/soc/simple/bridge/large": 'outside of the ranges of "bridge@3000"',
    "/soc/top": 'outside of the ranges of "soc"',
    "/soc/cut/dev": 'outside of the ranges of "cut"',
    "/closed/dev": 'what is in "closed" has no CPU addresses: it has no ranges',
    "/i2c/chip": 'what is in "i2c" has no CPU addresses: its #address-cells',
    "/pci/fn": 'what is in "pci" has no CPU addresses',
    "/narrow/fn": 'what is in "narrow" has no CPU addresses',
    "/many": "too many entries in its reg: a VM gets at most 32",
    "/l" * 40: "more than 32 levels",
}


@pytest.mark.parametrize("path", BAD)
def test_bad_path(files, tree, path):
    vm, place = place_of(files, files.vm(devices='passthrough = [["u", 0xb80_0000, 0xb80_0000, 1],'
                                                 f' @["{path}"]]'))
    for command in (["check"], ["pack", "-o", "out.axb"], ["run"]):
        done = files.axvm(*command, "--board-dtb", tree, vm)
        assert done.status == CONFIG
        assert done.finding(vm, r"devices.passthrough\[1\]: .*" + BAD[path]), done
        assert done.lines[0].startswith(f"{vm}:{place}: "), done
    assert "out.axb" not in files.names()


# What only the whole of the file shows. "/soc/dma" stands for two devices.
LATER = {
    "offset": ('passthrough_devices = [["/soc/dma"], ["u", 0xb80_0000, @0xb80_0001, 1]]',
               r"passthrough_devices\[1\].base_hpa: .*same place"),
    "offset_in_other_list": ('passthrough_devices = [["/soc/dma"]]\n'
                             'passthrough = [["u", 0xb80_0000, @0xb80_0001, 1]]', "same place"),
    "address": ('passthrough_devices = [["/soc/dma"]]\n'
                'passthrough_addresses = [@[0x4000_0000, 4096]]',
                r"passthrough_devices\[1\]: overlaps"),
    "overlap": ('passthrough_devices = [["u", 0xb10_1000, 0xb10_1000, 1], @["/soc/dma"]]',
                r"passthrough_devices\[1\]: overlaps .*\(devices.passthrough_devices\[0\];"),
    "overlap_in_other_list": ('passthrough_devices = [["/gpio"]]\npassthrough = [["/gpio-keys"],'
                              ' @["u", 0xb03_0000, 0xb03_0000, 1]]', "overlaps"),
    "overlap_behind": ('passthrough_devices = [["/soc/dma"], ["u", 0xb80_0000, 0xb80_0000, 1],'
                       ' @["v", 0xb80_0000, 0xb80_0000, 1]]',
                       r"passthrough_devices\[2\]: overlaps .*\(devices.passthrough_devices\[1\];"),
    "interrupt": ('passthrough = [["u", 0xb80_0000, 0xb80_0000, 1, 39], @["/gpio"]]',
                  "another device has this interrupt"),
    "too_many": ('passthrough = [["u", 0xb80_0000, 0xb80_0000, 1], @["/most"]]', "too many"),
    "too_many_addresses": ('passthrough = [@["/most"]]\n'
                           "passthrough_addresses = [[0xb80_0000, 4096]]", "too many"),
    "too_many_behind": ('passthrough = [["/most"], @["u", 0xb80_0000, 0xb80_0000, 1]]',
                        r"passthrough_devices\[1\]: too many"),
}


@pytest.mark.parametrize("case", LATER)
def test_checks_see_the_devices(files, tree, case):
    devices, text = LATER[case]
    vm, place = place_of(files, files.vm(devices=devices))
    done = files.axvm("check", "--board-dtb", tree, vm)
    errors = [line for line in done.lines if " error: " in line]
    assert done.status == CONFIG
    assert len(errors) == 1 and errors[0].startswith(f"{vm}:{place}: "), done
    assert re.search(text, errors[0]), done


def test_neighbours_see_the_devices(files, tree):
    one = files.vm(name="1.toml", base='name = "a"',
                   devices='passthrough_devices = [["/soc/dma"], ["/gpio"]]')
    two, place = place_of(files, files.vm(
        name="2.toml", base='name = "b"', devices='passthrough = [["/whole"], @["/gpio"]]'))
    done = files.axvm("check", "--board-dtb", tree, one, two)
    errors = [line for line in done.lines if " error: " in line]
    assert done.status == CONFIG and len(errors) == 2, done
    for error, text in zip(errors, (r"0xb030000 to 0xb030fff", "host interrupt 39 too")):
        assert error.startswith(f"{two}:{place}: error: devices.passthrough[1]"), done
        assert f"{one}: devices.passthrough_devices[1])" in error and text in error, done


def test_interrupt_is_not_forwarded(files, tree):
    vm, place = place_of(files, files.vm(devices='passthrough = [["/soc/last"], @["/gpio"]]'))
    done = files.axvm("check", "--board-dtb", tree, vm)
    assert done.lines == [f"{vm}:{place}: warning: devices.passthrough[1]: interrupt 39 is not "
                          "forwarded to the VM: its driver has to poll"]


# ---- What stays with the host ----

@pytest.mark.parametrize("path,excluded,good", [
    ("/soc/dma@1000", "/soc/dma@1000", False), ("/soc/dma", "/soc/dma@1000", False),
    ("/soc/dma@1000", "/soc/dma", False), ("/soc/dma@1000", "/soc", False),
    ("/soc/dma@1000", "//soc/", False), ("/soc/dma@1000", "/", False),
    ("/soc/dma@1000", "/soc/last@fffff", True), ("/soc/simple/eth", "/soc/simple/bridge", True),
    ("/gpio", "/gpio-keys", True), ("/gpio-keys", "/gpio", True), ("/twin@1", "/twin@2", True),
])
def test_excluded(files, tree, path, excluded, good):
    for key in ("excluded_devices", "disabled"):
        vm, place = place_of(files, files.vm(
            devices=f'passthrough_devices = [@["{path}"]]\n{key} = [["{excluded}"]]'))
        done = files.axvm("pack", "--board-dtb", tree, vm, "-o", "out.axb")
        assert done.status == (OK if good else CONFIG), done
        if not good:
            assert done.finding(vm, rf"devices.{key}\[0\] says that it stays"), done
            assert done.lines[0].startswith(f"{vm}:{place}: "), done


@pytest.mark.parametrize("entry", ['"/gpoi"', '["/gpoi"]', '{ path = "/gpoi" }', '"gpoi"'])
def test_excluded_that_is_not_there(files, tree, entry):
    vm, place = place_of(files, files.vm(devices=f'disabled = ["/soc", @{entry}]'))
    assert files.axvm("check", vm).lines == []
    done = files.axvm("check", "--board-dtb", tree, vm)
    assert done.status == OK
    assert len(done.lines) == 1 and done.lines[0].startswith(
        f'{vm}:{place}: warning: devices.disabled[1]: no "gpoi" in the board'), done


# ---- The tree ----

def test_without_a_tree(files):
    """`check` does without the devices; nothing is packed without them."""
    vm, place = place_of(files, files.vm(
        devices='passthrough = [["u", 0xb80_0000, 0xb80_0000, 1], @["/gpio"], ["/twin@1"]]'))
    done = files.axvm("check", vm)
    assert done.status == OK
    assert len(done.lines) == 1 and "--board-dtb" in done.lines[0], done
    assert done.lines[0].startswith(f"{vm}:{place}: warning: devices.passthrough[1]: "), done
    done = files.axvm("pack", vm, "-o", "out.axb")
    assert done.status == CONFIG
    assert done.finding(vm, "--board-dtb") and done.lines[0].startswith(f"{vm}:{place}: "), done
    assert "out.axb" not in files.names()


def damage(blob, at, value):
    return blob[:at] + value + blob[at + len(value):]


@pytest.mark.parametrize("make,text", [
    (lambda blob: None, "no such file"), (lambda blob: b"", "not a device tree"),
    (lambda blob: b"[base]\n", "not a device tree"), (lambda blob: blob[:39], "not a device tree"),
    (lambda blob: blob[:-1], "not a device tree"),
    (lambda blob: damage(blob, 8, b"\0\0\xff\xff"), "not a device tree"),
    (lambda blob: damage(blob, 60, b"\xff" * 400), "not a device tree"),
])
@pytest.mark.parametrize("devices", ['passthrough = [["/gpio"]]', ""])
def test_bad_tree(files, tree, make, text, devices):
    with open(tree, "rb") as file:
        blob = make(file.read())
    if blob is None:
        os.remove(tree)
    else:
        files.write("board.dtb", blob)
    for command in (["check"], ["pack", "-o", "out.axb"], ["run"]):
        done = files.axvm(*command, "--board-dtb", tree, files.vm(devices=devices))
        assert done.status == CONFIG
        assert len(done.lines) == 1, done
        assert done.lines[0].startswith(f"axvm: error: {tree}: {text}"), done
    assert "out.axb" not in files.names()


def test_names_in_a_tree_are_not_obeyed(files):
    """Control characters of a tree do not reach the terminal."""
    tree = compile_tree(files, '/dts-v1/; / { gpioXXXX { }; };')
    with open(tree, "rb") as file:
        files.write("board.dtb", file.read().replace(b"XXXX", b"\x1b[2J"))
    done = files.axvm("check", "--board-dtb", tree, files.vm(devices='passthrough = [["/gpio"]]'))
    assert 'the nearest in "/" is "gpio?[2J"' in done.err


# ---- The tree of the board that `axvm run` makes ----

COPY = "import shutil; shutil.copy('board.dtb', dumpdtb[1])"
ARGV = "say(repr(argv) + '\\naxvm: status 0\\n')"


@pytest.fixture(name="temporary")
def make_temporary(tmp_path_factory):
    """A folder that a test must leave as it was."""
    folder = tmp_path_factory.mktemp("temporary,with=a comma")
    yield str(folder)
    assert os.listdir(folder) == []


PARTS = dict(base="cpu_num = 3", kernel='memory = "600M"')


def run(board, temporary, dump, behaviour, *args, devices='passthrough = [["/soc/dma"]]'):
    board.toml = board.vm(devices=devices, **PARTS)
    compile_tree(board)
    return board.axvm("run", *args, env={**board.emulator(behaviour), "DUMP": dump,
                                         "TMPDIR": temporary})


def test_run_asks_the_emulator(board, temporary):
    """For the tree of the very board that it starts then; the VM gets the devices."""
    dump = "open('asked', 'w').write(repr(argv)); " + COPY
    behaviour = ("data = open(option('-initrd'), 'rb').read()\n"
                 "open('bundle', 'wb').write(data)\n" + ARGV)
    done = run(board, temporary, dump, behaviour, "--cpu", "max", "vm.toml", "--", "-x", "a,b",
               "-append", "c")
    assert done.status == OK, done
    started = eval(done.out.splitlines()[0])  # pylint: disable=eval-used
    asked = eval((board.folder / "asked").read_text())  # pylint: disable=eval-used
    for name in ("-cpu", "-smp", "-m", "-kernel", "-display", "-x", "-append"):
        assert asked[asked.index(name) + 1] == started[started.index(name) + 1]
    assert started[started.index("-smp") + 1] == "3"
    machine = started[started.index("-M") + 1]
    assert "dumpdtb" not in machine
    assert re.fullmatch(re.escape(machine) + ",dumpdtb=[^,]+", asked[asked.index("-M") + 1])
    wanted = pack(board, f"passthrough = [{', '.join(GOOD['/soc/dma'])}]", **PARTS)
    assert (board.folder / "bundle").read_bytes() == wanted


@pytest.mark.parametrize("devices,args", [("", []), ('disabled = ["/nothing"]', []),
                                          ('passthrough = [["/gpio"]]',
                                           ["--board-dtb", "board.dtb"])])
def test_run_does_not_ask_without_need(board, temporary, devices, args):
    done = run(board, temporary, "open('asked', 'w')", ARGV, *args, "vm.toml", devices=devices)
    assert done.status == OK, done
    assert "asked" not in board.names()


@pytest.mark.parametrize("dump,text", [
    ("print('no such machine', file=sys.stderr); sys.exit(1)", "no such machine"),
    ("os.kill(os.getpid(), 9)", "does not tell"),
    (f"{COPY}; open(dumpdtb[1] + '.ABCDEF', 'w'); sys.exit(1)", "does not tell"),
])
def test_emulator_that_does_not_tell(board, temporary, dump, text):
    done = run(board, temporary, dump, ARGV, "vm.toml")
    assert done.status == HOST
    assert text in done.lines[0] and "name one with --board-dtb" in done.lines[-1], done


@pytest.mark.parametrize("dump,text", [("pass", "no such file"),
                                       ("open(dumpdtb[1], 'w').write('x')", "not a device tree")])
def test_emulator_that_tells_rubbish(board, temporary, dump, text):
    done = run(board, temporary, dump, ARGV, "vm.toml")
    assert done.status == CONFIG
    assert len(done.lines) == 1 and text in done.err, done


def test_mistakes_in_files_come_first(board, temporary):
    """One line, and no emulator is asked."""
    devices = 'passthrough = [["/gpio"], ["u", 0xb80_0000, 0xb80_0001, 1]]\n' \
              "emu_devices = [['c', 0x900_0000, 0x1000, 999, 2]]"
    done = run(board, temporary, "open('asked', 'w')", ARGV, "vm.toml", devices=devices)
    errors = [line for line in done.lines if " error: " in line]
    assert done.status == CONFIG and len(errors) == len(done.lines) and "asked" not in board.names()
    assert not any("--board-dtb" in line for line in done.lines), done


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_while_the_emulator_is_asked(board, temporary, number):
    """It ends at once, and takes the emulator and the folder with it."""
    board.toml = board.vm(devices='passthrough = [["/gpio"]]')
    env = board.emulator(ARGV)
    dump = "open('asked', 'w').write(str(os.getpid())); open(dumpdtb[1], 'w')\ntime.sleep(60)"
    with subprocess.Popen([AXVM, "run", board.toml], cwd=board.folder, stdin=subprocess.DEVNULL,
                          stderr=subprocess.PIPE,
                          # A shell's background job has SIGINT ignored.
                          preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
                          env={**os.environ, **env, "DUMP": dump, "TMPDIR": temporary}) as child:
        end = time.monotonic() + 20
        asked = board.folder / "asked"
        while not (asked.exists() and asked.read_text()) and time.monotonic() < end:
            time.sleep(0.02)
        child.send_signal(number)
        assert child.wait(10) == -number
        assert child.stderr.read() == b""
    assert not os.path.exists(f"/proc/{asked.read_text()}")


def test_no_room_for_the_tree(board):
    done = run(board, "/nothing", COPY, ARGV, "vm.toml")
    assert done.status == HOST
    assert len(done.lines) == 1 and "/nothing/axvm-" in done.err, done
