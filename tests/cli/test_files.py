# SPDX-License-Identifier: Apache-2.0
"""axvm check, pack and generate: what they accept, and one line for everything that is wrong."""
import glob
import gzip
import os
import re
import socket
import struct
import subprocess

import pytest
from conftest import CONFIG, HOST, MAGIC, MIB, OK, ROOT, elf, linux_image

CLASSIC = """
[base]
id = 1
name = "linux"
vm_type = 2
cpu_num = 2
phys_cpu_ids = [0x0, 0x100]
phys_cpu_sets = [0b01, 0b10]

[kernel]
entry_point = 0x4020_0000
image_location = "memory"
kernel_path = "Image"
kernel_load_addr = 0x4020_0000
dtb_load_addr = 0x4000_0000
ramdisk_path = "initrd.gz"
ramdisk_load_addr = 0x4800_0000
cmdline = "console=ttyAMA0"
memory_regions = [
  [0x4000_0000, 0x1000_0000, 0x7, 0],
]

[devices]
interrupt_mode = "emu"
emu_devices = [
  ["gicd", 0x0800_0000, 0x1_0000, 0, 0x21, []],
]
passthrough_devices = [
  ["uart", 0x0900_0000, 0x0900_0000, 0x1000, 33],
]
passthrough_addresses = [[0x2804_1000, 0x100_0000]]
excluded_devices = [["/pcie@10000000"]]
"""

# The other keys that files of this family have.
FAMILY = """
[base]
id = 0b10
phys_cpu_sets = [0b0000_0011]
[kernel]
kernel_path = "Image"
memory_regions = [[0x4000_0000, 0x800_0000, 0b111, 0], { gpa = 0x8000_0000, size = "1MiB" }]
[devices]
interrupt_mode = "emulated"
emu_devices = [["gicr", 0x080a_0000, 0x2_0000, 0, 0x20, [1, 0b10, 0xf_f]]]
passthrough_addresses = [{ base_gpa = 0x1_0000_0000, length = "1M" }]
excluded_devices = [["/pcie@10000000"], { path = "/timer" }, "/pmu"]
disabled = [{ path = "/rtc" }]
[[devices.passthrough_devices]]
name = "eth"
base_gpa = 0xb00_0000
base_hpa = 0xa00_0000
length = 1
shared = true
[[devices.virtual]]
id = "console0"
model = "pl011"
backend = { kind = "host" }
[[devices.virtual]]
id = "clock"
model = "arm-pl031"
[[devices.ivc]]
key = 1
size = "1M"
subscribers = [{ name = "b", rights = "rw" }, ["c"], ["d", 3]]
[[devices.ivc]]
key = 2
publisher = "b"
irq_id = 100
"""

SHORT = """
[base]
name = "linux"
cpu_num = 2

[kernel]
kernel_path = "Image"
ramdisk_path = "initrd.gz"
cmdline = "quiet"
memory = "512M"
"""

NAMED = """
[base]
[kernel]
kernel_path = "Image"
memory_regions = [{ gpa = 0x4000_0000, size = "64M", flags = "rwx", map_type = "allocate" },
                  { gpa = 0x8000_0000, size = 0x1000, flags = "r" }]
[devices]
passthrough = []
disabled = ["console"]
[[devices.emu_devices]]
name = "gicd"
base_gpa = 0x0800_0000
length = "64K"
irq_id = 0
emu_type = "gicd"
[[devices.virtual]]
id = "console0"
model = "arm-pl011"
backend = { kind = "host" }
"""

EVERY_COMMAND = [["check"], ["pack", "-o", "out.axb"], ["run"]]


@pytest.mark.parametrize("text,warnings", [
    (CLASSIC, ["29:3: warning: devices.passthrough_devices[0]: interrupt 33 is not forwarded"]),
    (SHORT, []), (NAMED, []),
    (FAMILY,
     ['30:25: warning: devices.ivc[0].subscribers[0].name: "b" is not among these files',
      '30:48: warning: devices.ivc[0].subscribers[1].name: "c" is not among these files',
      '30:55: warning: devices.ivc[0].subscribers[2].name: "d" is not among these files',
      '33:13: warning: devices.ivc[1].publisher: "b" is not among these files']),
], ids=["classic", "short", "named", "family"])
def test_accepts(files, text, warnings):
    path = files.write("vm.toml", text)
    for command in (["check"], ["pack", "-o", "vms.axb"]):
        done = files.axvm(*command, path)
        assert done.status == OK
        assert len(done.lines) == len(warnings), done
        for line, warning in zip(done.lines, warnings):
            assert line.startswith(f"{path}:{warning}"), done


def test_our_own_files_parse(files):
    """Only the kernels and RAM disks, which are fetched or built, may be missing."""
    paths = glob.glob(os.path.join(ROOT, "configs", "*.toml"))
    assert len(paths) >= 4
    for path in paths:
        done = files.axvm("check", path)
        assert all("no such file" in line or " warning: " in line for line in done.lines), done


def test_kernel_may_be_left_out_of_check_only(files):
    path = files.write("vm.toml", "[base]\n[kernel]\n")
    done = files.axvm("check", path)
    assert done.status == OK
    assert done.lines == [f"{path}:2:1: warning: kernel.kernel_path: not set: a VM needs a kernel "
                          "to run"]
    assert files.axvm("pack", path, "-o", "x.axb").status == CONFIG


# What stands where, with an @ before the place of the finding, and the finding's text.
BAD_TEXT = {
    "not_toml": (dict(base='id = @= 1'), "not TOML"),
    "not_a_name": (dict(devices="[@=]"), "not TOML"),
    "letter_in_a_key": (dict(base="n@\u00e9 = 1"), "not TOML"),
    "unknown_table": (dict(devices='[@kernal]'), 'did you mean "kernel"'),
    "unknown_key": (dict(kernel='@ramdisk_pth = "x"'), 'did you mean "ramdisk_path"'),
    "key_like_nothing": (dict(base='@zzzzzzzz = 1'), "known: id name"),
    "key_of_another_table": (dict(base='@cmdline = "x"'), r"belongs into \[kernel\]"),
    "string_for_number": (dict(base='cpu_num = @"2"'), "must be a whole number, not a st"),
    "number_for_string": (dict(base='name = @2'), "must be a string, not a whole number"),
    "fraction": (dict(base='cpu_num = @1.5'), "not a fraction"),
    "negative": (dict(base='id = @-1'), "must not be negative"),
    "nul": (dict(base='name = @"a\\u0000b"'), "NUL"),
    "size": (dict(kernel='memory = @"12Q"'), "512M"),
    "size_huge": (dict(kernel='memory = @"99999999T"'), "not a size"),
    "list": (dict(base='phys_cpu_ids = @1'), "must be a list"),
    "list_entry": (dict(base='phys_cpu_ids = [0, @true]'), "not a boolean"),
    "region_short": (dict(kernel='memory_regions = [@[0x40000000]]'), "1 entries inst"),
    "region_type": (dict(kernel='memory_regions = [@7]'), r"must be \[gpa, size"),
    "region_flags": (dict(kernel='memory_regions = [[0, 4096, @"rq"]]'), "rwxudn"),
    "region_key": (dict(kernel='memory_regions = [{gpa=0, size=1, @flag=1}]'),
        'did you mean "flags"'),
    "region_key_missing": (dict(kernel='memory_regions = [@{size=1}]'), 'needs "gpa"'),
    "regions_empty": (dict(kernel='memory_regions = @[]'), "a VM needs RAM"),
    "emu_type": (dict(devices='emu_devices = [["a", 0, 1, 2, @"foo"]]'), '"gicd", "gicr"'),
    "emu_cfg": (dict(devices='emu_devices = [["a", 0, 1, 2, 3, @4]]'), "list of numbers"),
    "virtual_model": (dict(devices='virtual = [{id="n", model=@"virtio-net"}]'),
        'must be "pl011"'),
    "virtual_key": (dict(devices='virtual = [@{id="n"}]'), 'needs "model"'),
    "virtual_list": (dict(devices='virtual = [@["n", "pl011"]]'), "a table with the keys id, mo"),
    "excluded": (dict(devices='excluded_devices = [["/a"], @1]'), "must be a string"),
    "disabled": (dict(devices='disabled = [{ path = @1 }]'), "must be a string"),
    "passthrough_no_path": (dict(devices='passthrough = [{ path = @"soc" }]'), "begins with"),
    "passthrough_path_key": (dict(devices='passthrough = [{ path = "/soc", @pth = 1 }]'),
        'did you mean "path"'),
    "passthrough_shared": (dict(devices='passthrough = [["u", 0, 0, 4096, 0, @1]]'),
        "true or false"),
    "ivc_table": (dict(devices='ivc = @{ key = 1 }'), "must be a list"),
    "ivc_entry": (dict(devices='ivc = [@[1, 2]]'), "a table with the keys key, irq_id"),
    "ivc_key_missing": (dict(devices='ivc = [@{ size = 1 }]'), 'needs "key"'),
    "ivc_key_unknown": (dict(devices='ivc = [{ key = 1, @pubisher = "x" }]'),
        'did you mean "publisher"'),
    "ivc_key_range": (dict(devices='ivc = [{ key = @0x1_0000_0000, publisher = "x" }]'),
        "0 to 4294967295"),
    "ivc_size": (dict(devices='ivc = [{ key = 1, size = @"much" }]'), "not a size"),
    "ivc_rights": (dict(devices='ivc = [{ key = 1, size = 1, subscribers = [["b", @"x"]] }]'),
        r'"rw" \(read, write\)'),
    "ivc_rights_write": (
        dict(devices='ivc = [{ key = 1, size = 1, subscribers = [{name = "b", rights = @"w"}] }]'),
        "1 .read. or 3"),
    "ivc_rights_position": (
        dict(devices='ivc = [{ key = 1, size = 1, subscribers = [["b", @2]] }]'), "1 .read. or 3"),
    "ivc_subscriber_twice": (
        dict(devices='ivc = [{key = 1, size = 1, subscribers = [["b"], [@"b"]]}]'), "listed twice"),
    "ivc_subscribers_missing": (dict(devices='ivc = [@{ key = 1, size = 1 }]'), "1 to 8 entries"),
    "ivc_nine_subscribers": (
        dict(devices=f'ivc = [{{key = 1, size = 1, subscribers = @{[["b"]] * 9}}}]'), "at most 8"),
    "ivc_key_twice": (
        dict(devices='ivc = [{key = 1, publisher = "a"}, {key = @1, publisher = "b"}]'),
        r"another channel has this key .devices.ivc\[0\]"),
    "ivc_irq_taken": (dict(devices='ivc = [{ key = 1, publisher = "a", irq_id = @2 }]'),
        r"another device has this interrupt.*emu_devices\[3\]"),
    "ivc_irq_range": (dict(devices='ivc = [{ key = 1, publisher = "a", irq_id = @256 }]'),
        "no such interrupt"),
    "ivc_size_none": (dict(devices='ivc = [@{ key = 1, subscribers = [["b"]] }]'),
        "must not be 0 in the VM that publishes"),
    "ivc_size_of_subscriber": (dict(devices='ivc = [{ key = 1, publisher = "a", size = @1 }]'),
        "belongs to the publisher"),
    "ivc_window": (dict(devices='ivc = [{ key = 1, size = @"33M", subscribers = [["b"]] }]'),
        "window of the channels is used up"),
    "shared_allocated": (dict(kernel='memory_regions = [[0x4000_0000, "64M", @"rws"]]'),
        "shared RAM is identical"),
    "passthrough_irq_taken": (
        dict(devices='passthrough_devices = [["u", 0xb00_0000, 0xb00_0000, 4096, @33]]'),
        r"another device has this interrupt.*emu_devices\[2\]"),
    "cpu_num": (dict(base='cpu_num = @65'), "1 to 64"),
    "cpu_num_none": (dict(base='cpu_num = @0'), "1 to 64"),
    "cpu_ids_many": (dict(base=f'phys_cpu_ids = @{list(range(65))}'), "at most 64"),
    "table_type": (dict(devices='@[base.id]'), "must be a whole number, not a table"),
    "id": (dict(base='id = @0x1_0000_0000'), "out of range"),
    "vm_type": (dict(base='vm_type = @3'), "0 .host"),
    "name_long": (dict(base=f'name = @"{"n" * 48}"'), "too long"),
    "cpu_ids": (dict(base='cpu_num = 2\nphys_cpu_ids = @[0]'), "one entry per vCPU"),
    "cpu_ids_same": (dict(base='cpu_num = 2\nphys_cpu_ids = [3, @3]'), "its own id"),
    "cpu_set_empty": (dict(base='phys_cpu_sets = [@0]'), "no CPU to run on"),
    "memory_twice": (dict(kernel='memory = @"1G"\nmemory_regions = [[0x40000000, "1G"]]'),
        "not both"),
    "memory_zero": (dict(kernel='memory = @0'), "kernel.memory: must not be 0"),
    "memory_huge": (dict(kernel='memory = @"16T"'), "kernel.memory: reaches beyond"),
    "region_unaligned": (dict(kernel='memory_regions = [[@0x4000_0800, 0x100_0000]]'),
        "multiple of 4096"),
    "region_device": (dict(kernel='memory_regions = [[0x4000_0000, 0x400_0000, @0x17, 0]]'),
        "passthrough_devices"),
    "region_unknown_flag": (dict(kernel='memory_regions = [[0x4000_0000, 0x400_0000, @0x87, 0]]'),
        "unknown bits"),
    "region_wraps": (dict(kernel='memory_regions = [[@0x4000_0000, 0x7fff_ffff_ffff_f000]]'),
        "address space"),
    "regions_overlap": (dict(kernel='memory_regions = [[0x4000_0000, "1G"], @[0x5000_0000, "1G"]]'),
        r"overlaps.*kernel.memory_regions\[0\]"),
    "region_on_device": (
        dict(kernel='memory_regions = [[0x4000_0000, "1G"], @[0x0900_0000, "4K"]]'),
        r"devices.emu_devices\[2\]: overlaps"),
    "device_irq": (dict(devices='emu_devices = [["c", 0x900_0000, 0x1000, @999, 2]]'),
        "no such interrupt .*below=0x100"),
    "device_unsupported": (dict(devices='emu_devices = [["c", 0x900_0000, 0x1000, 9, @0xe1]]'),
        "no such device model"),
    "interrupts_passed_through": (dict(devices='interrupt_mode = @"passthrough"'),
        'not forwarded to VMs yet: use "emu"'),
    "passthrough_path": (
        dict(devices='passthrough_devices = [["/a"], @["/soc/uart"]]\ndisabled = ["/soc@1"]'),
        r"passthrough_devices\[1\]: devices.disabled\[0\] says that it stays with the host"),
    "passthrough_table": (
        dict(devices='passthrough = [@{ path = "/soc/uart" }]\nexcluded_devices = [["/soc/uart/"]]'),
        r"passthrough\[0\]: devices.excluded_devices\[0\] says that it stays with the host"),
    "passthrough_path_long": (dict(devices=f'passthrough = [[@"/{"u" * 255}"]]'),
        "at most 255 bytes"),
    "excluded_long": (dict(devices=f'disabled = [@"/{"u" * 255}"]'), "at most 255 bytes"),
    "passthrough_address": (dict(devices='passthrough_addresses = [@[0x4000_0000, 0x1000]]'),
        "overlaps"),
    "passthrough_offset": (
        dict(devices='passthrough_devices = [["u", 0xb00_0000, @0xb00_0004, 4]]'),
        "same place in its page"),
    "interrupt_mode": (dict(devices='interrupt_mode = @"maybe"'), '"no_irq"'),
    "image_location": (dict(kernel='image_location = @"tape"'), '"memory" or "fs"'),
    "disk": (dict(kernel='disk_path = @"disk.img"'), "remove it"),
}


def place_of(files, path):
    """Takes the mark, the first @, out of a file; the path, and line and column of the mark."""
    with open(path, encoding="utf-8") as file:
        before, after = file.read().split("@", 1)
    files.write(os.path.basename(path), before + after)
    lines = before.split("\n")
    return path, f"{len(lines)}:{len(lines[-1]) + 1}"


@pytest.mark.parametrize("case", BAD_TEXT)
def test_bad_text(files, case):
    parts, text = BAD_TEXT[case]
    path, place = place_of(files, files.vm(**parts))
    before = files.names()
    for command in EVERY_COMMAND:
        done = files.axvm(*command, path)
        assert done.status == CONFIG
        assert done.finding(path, text), done
        assert done.lines[0].startswith(f"{path}:{place}: "), done
    assert files.names() == before


def test_all_findings_in_order(files):
    path = files.vm(base='zname = 1\ncpu_num = "x"', kernel="memory = true\nfoo = 1")
    done = files.axvm("check", path)
    assert [line.split(":")[1] for line in done.lines] == ["2", "3", "6", "7"]


# The kernel_path, what is there, what is in [kernel] besides, and the finding's text.
BAD_FILES = {
    "missing": ("nothing", None, "", "nothing: no such file"),
    "directory": ("..", None, "", "is a directory"),
    "empty": ("k", b"", "", "k: the file is empty"),
    "truncated_image": ("k", linux_image()[:8191], "", "k: the image is truncated"),
    "truncated_header": ("k", linux_image()[:50], "", "truncated"),
    "truncated_elf": ("k", elf(183)[:-1], "", "truncated"),
    "truncated_gzip": ("k", gzip.compress(linux_image())[:-20], "", "damaged or truncated"),
    "empty_gzip": ("k", gzip.compress(b""), "", "the file is empty"),
    "damaged_gzip": ("k", b"\x1f\x8b\x08\0 something", "", "damaged or truncated"),
    "damaged_zstd": ("k", b"\x28\xb5\x2f\xfd something", "", "damaged or truncated"),
    "x86_elf": ("k", elf(62), "", "is for x86_64, the VM for aarch64"),
    "arm_elf": ("k", elf(40), "", "unknown machine"),
    "larger_than_ram": ("k", linux_image(mem_size=64 * MIB), 'memory = "64M"', "give more memory"),
    "gzip_larger_than_ram": ("k", gzip.compress(linux_image(mem_size=64 * MIB)), 'memory = "64M"',
                             "give more memory"),
    "elf_outside_ram": ("k", elf(183, 0x1000), "", "outside the RAM"),
    "entry_outside": ("Image", None, "entry_point = 0x4800_0000\nkernel_load_addr = 0x4020_0000",
                      "entry_point: lies outside the kernel"),
    "image_unaligned": ("Image", None, "kernel_load_addr = 0x4020_1000", "multiple of 2 MiB"),
    "ramdisk_on_kernel": ("Image", None,
                          'ramdisk_path = "initrd.gz"\nramdisk_load_addr = 0x4030_0000',
                          "ramdisk_load_addr: overlaps another image"),
    "ramdisk_missing": ("Image", None, 'ramdisk_path = "none"', "ramdisk_path: .*no such file"),
    "ramdisk_directory": ("Image", None, 'ramdisk_path = "/"', "ramdisk_path: /: is a directory"),
    "dtb_on_kernel": ("Image", None, "dtb_load_addr = 0x4030_0000", "dtb_load_addr: no room"),
    "dtb_is_none": ("Image", None, 'dtb_path = "Image"', "dtb_path: not a device tree"),
    "bios_nowhere": ("Image", None, 'bios_path = "initrd.gz"', "needs a bios_load_addr"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files(files, case):
    name, data, kernel, text = BAD_FILES[case]
    if data is not None:
        files.write(name, data)
    path = files.vm(path=f'"{name}"', kernel=kernel)
    before = files.names()
    for command in EVERY_COMMAND:
        done = files.axvm(*command, path)
        done.lines = [line for line in done.lines if "unpacking" not in line]
        assert done.status == CONFIG
        assert done.finding(path, text), done
    assert files.names() == before


@pytest.mark.parametrize("name,text", [("none.toml", "no such file"), (".", "is a directory")])
def test_bad_toml_file(files, name, text):
    done = files.axvm("check", name)
    assert done.status == CONFIG
    assert done.finding(name, text)


def test_paths_are_relative_to_the_file(files):
    (files.folder / "sub").mkdir()
    path = files.vm(name="sub/vm.toml", path='"../Image"')
    assert files.axvm("check", path).status == OK
    assert files.axvm("check", "sub/vm.toml").status == OK


def test_arch(files):
    path = files.vm()
    assert files.axvm("check", "--arch", "aarch64", path).status == OK
    done = files.axvm("check", "--arch", "mips", path)
    assert done.status == CONFIG
    assert 'no guest machine for "mips": use aarch64 or riscv64' in done.err


def test_the_kernel_says_the_architecture(files):
    """Where the RAM is shows which machine it is."""
    files.write("riscv", linux_image(magic=MAGIC["riscv64"]))
    path = files.vm(path='"riscv"', kernel="entry_point = 0x8020_0002\n"
                                           "kernel_load_addr = 0x8020_0000")
    assert files.axvm("check", path).status == OK
    for args in (["--arch", "aarch64", path], [files.vm(name="first.toml"), path]):
        done = files.axvm("check", *args)
        assert done.status == CONFIG
        assert done.lines[0].startswith(f"{path}:4:15: error: kernel.kernel_path: riscv: the "
                                        "kernel is for riscv64, the VM for aarch64")


@pytest.mark.parametrize("model,arch", [("pl011", "aarch64"), ("pl031", "aarch64"),
                                        ("ns16550a", "riscv64"), ("goldfish-rtc", "riscv64"),
                                        ("sifive-test", "riscv64"), ("plic", "riscv64"),
                                        ("aplic", "riscv64"), ("imsic", "riscv64")])
def test_models_of_each_machine(files, model, arch):
    path = files.vm(path='"k"', devices=f'virtual = [{{ id = "a", model = "{model}" }}]')
    for other, magic in MAGIC.items():
        files.write("k", linux_image(magic=magic))
        done = files.axvm("check", path)
        assert done.status == (OK if other == arch else CONFIG), done
        assert other == arch or done.finding(path, "devices.virtual: .* no such device")


# ---- pack ----

def zstd_frame(data):
    """A frame of raw blocks (RFC 8878, 3.1.1)."""
    blocks = [data[i:i + 65536] for i in range(0, len(data), 65536)]
    out = struct.pack("<IBI", 0xfd2fb528, 0xa0, len(data))
    for i, block in enumerate(blocks):
        out += struct.pack("<I", (len(block) << 3) | (i + 1 == len(blocks)))[:3] + block
    return out


@pytest.mark.parametrize("pack", [gzip.compress, zstd_frame], ids=["gzip", "zstd"])
def test_pack_unpacks_kernels(files, pack):
    image = linux_image(file_size=200000) + os.urandom(100000)
    path = files.vm(path=f'"{files.write("vmlinuz", pack(image))}"')
    done = files.axvm("pack", path, "-o", "vms.axb")
    assert done.status == OK
    assert "unpacking" in done.err
    assert image in (files.folder / "vms.axb").read_bytes()


def test_pack_is_reproducible(files):
    path = files.vm(kernel='ramdisk_path = "initrd.gz"')
    for name in ("a.axb", "b.axb"):
        assert files.axvm("pack", path, "-o", name).status == OK
    data = (files.folder / "a.axb").read_bytes()
    assert data == (files.folder / "b.axb").read_bytes()
    assert (files.folder / "initrd.gz").read_bytes() in data
    assert data[:4] == b"\xd0\x0d\xfe\xed"


def test_pack_leaves_nothing_half_written(files):
    path = files.vm(kernel="memory = 1")
    files.write("vms.axb", b"as it was")
    before = files.names()
    assert files.axvm("pack", path, "-o", "vms.axb").status == CONFIG
    assert (files.folder / "vms.axb").read_bytes() == b"as it was"
    assert files.axvm("pack", files.vm(), "-o", "none/vms.axb").status == HOST
    assert files.axvm("pack", files.vm(), "-o", ".").status == HOST
    assert files.names() == before


def test_pack_gives_ids(files):
    given = files.vm(base="id = 1", name="given.toml")
    others = [files.vm(name=f"{i}.toml") for i in range(3)]
    assert files.axvm("pack", *others, given, "-o", "vms.axb").status == OK


def test_pack_refuses_equal_ids(files):
    one, two = files.vm(base="id = 5", name="1.toml"), files.vm(base="id = 5", name="2.toml")
    done = files.axvm("pack", one, two, "-o", "vms.axb")
    assert done.status == CONFIG
    assert done.finding(two, "base.id: .*1.toml has the same id")


def test_names_by_default_differ(files):
    paths = [files.vm(name=f"{i}.toml") for i in range(3)]
    assert files.axvm("pack", *paths, "-o", "vms.axb").status == OK
    data = (files.folder / "vms.axb").read_bytes()
    assert all(f"vm{i}\0".encode() in data for i in (1, 2, 3))


# ---- Several files ----

RESERVED = 'memory_regions = [[0x4000_0000, "64M"], [0x5000_0000, "1M", "%s", %d]]'
UART = 'passthrough_devices = [["uart", 0xb00_0000, 0x%x, 0x1000, %d, %s]]'

# The [base], [kernel] and [devices] of one file and the other; the second one's findings.
NEIGHBOURS = {
    "id": (dict(base='name = "a"\nid = 3'), dict(base='name = "b"\nid = @3'),
           ["base.id: .*1.toml has the same id"]),
    "name": (dict(base='name = "a"'), dict(base='name = @"a"'), ['base.name: .*is named "a" too']),
    "name_by_default": (dict(), dict(base='name = @"vm1"'), ["1.toml is named .vm1. too"]),
    "passthrough": (dict(base='name = "a"', devices=UART % (0xa000000, 0, "true")),
                    dict(base='name = "b"', devices="@" + UART % (0xa000000, 0, "false")),
                    ['"b" and "a" .*1.toml: devices.passthrough_devices.0.*0xa000000 to 0xa000fff']),
    "passthrough_and_reserved": (
        dict(base='name = "a"', devices=UART % (0x500ff000, 0, "true")),
        dict(base='name = "b"', kernel="@" + RESERVED % ("rw", 2)),
        [r"kernel.memory_regions\[1\]: .b. and .a."]),
    "identical": (dict(base='name = "a"', kernel=RESERVED % ("rws", 1)),
                  dict(base='name = "b"', kernel="@" + RESERVED % ("rw", 1)),
                  ["same host memory, 0x50000000 to 0x500fffff"]),
    "interrupt": (dict(base='name = "a"', devices=UART % (0xa000000, 40, "true")),
                  dict(base='name = "b"', devices="@" + UART % (0xa001000, 40, "false")),
                  ["has host interrupt 40 too"]),
}


def two(files, first, second):
    """The two files, and the line on which the second one has its mark."""
    one, other = files.vm(name="1.toml", **first), files.vm(name="2.toml", **second)
    return one, other, place_of(files, other)[1].split(":")[0]


@pytest.mark.parametrize("case", NEIGHBOURS)
def test_neighbours(files, case):
    first, second, texts = NEIGHBOURS[case]
    one, other, line = two(files, first, second)
    for command in EVERY_COMMAND:
        done = files.axvm(*command, one, other)
        errors = [l for l in done.lines if " error: " in l]
        assert done.status == CONFIG
        assert len(errors) == len(texts), done
        for error, text in zip(errors, texts):
            assert error.startswith(f"{other}:{line}:") and re.search(text, error), done


@pytest.mark.parametrize("part", [
    dict(devices=UART % (0xa000000, 40, "true")),
    dict(kernel=RESERVED % ("rws", 2)),
    dict(kernel=RESERVED % ("rws", 1), devices=UART % (0xa000000, 1, "true")),
    dict(kernel=RESERVED % ("rw", 0)),
])
def test_neighbours_share(files, part):
    done = files.axvm("check", files.vm(name="1.toml", **part), files.vm(name="2.toml", **part))
    assert done.status == OK, done


def channel(**keys):
    return "[[devices.ivc]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())


PUBLISHER = channel(key=1, size='"64K"', subscribers='[["b"], ["c"]]')
SUBSCRIBER = channel(key=1, publisher='"a"')

# The [devices] of VMs a, b and c; the findings, in the order of the files.
CHANNELS = {
    "whole": ([PUBLISHER, SUBSCRIBER, SUBSCRIBER], []),
    "one_way_each": ([PUBLISHER + channel(key=2, publisher='"b"'),
                      SUBSCRIBER + channel(key=2, size="1", subscribers='[["a", "rw"]]'),
                      SUBSCRIBER], []),
    "subscriber_missing": ([PUBLISHER, SUBSCRIBER],
                           [r'1.toml:10:\d+: warning: .*subscribers.1..name: "c" is not among']),
    "subscriber_silent": ([PUBLISHER, SUBSCRIBER, ""],
                          ['warning: .*"c" has no channel with this key and publisher']),
    "publisher_missing": ([SUBSCRIBER.replace('"a"', '"z"')],
                          [r'1.toml:9:\d+: warning: .*publisher: "z" is not among these files']),
    "not_listed": ([PUBLISHER.replace('"c"', '"x"'), SUBSCRIBER, SUBSCRIBER],
                   ['1.toml:10:.*warning: .*"x" is not among',
                    r'3.toml:9:\d+: error: .*publisher: "a" does not list this VM']),
    "other_key": ([PUBLISHER, SUBSCRIBER.replace("key = 1", "key = 2"), SUBSCRIBER],
                  ['1.toml.*warning: .*"b" has no channel',
                   r'2.toml:8:\d+: error: .*key: "a" publishes no channel with this key']),
    "window": ([channel(key=1, size='"20M"', subscribers='[["b"]]'),
                SUBSCRIBER + channel(key=2, size='"13M"', subscribers='[["a"]]')],
               [r"2.toml:13:\d+: warning.*.a. has no channel",
                r"2.toml:11:\d+: error: .*too small a window"]),
}


@pytest.mark.parametrize("case", CHANNELS)
def test_channels(files, case):
    devices, texts = CHANNELS[case]
    paths = [files.vm(name=f"{i + 1}.toml", base=f'name = "{"abc"[i]}"', devices=part)
             for i, part in enumerate(devices)]
    done = files.axvm("check", *paths)
    assert done.status == (CONFIG if any("error" in text for text in texts) else OK), done
    assert len(done.lines) == len(texts), done
    for line, text in zip(done.lines, texts):
        assert re.search(text, line), done


def test_every_file_has_its_findings(files):
    """What is wrong with one file hides nothing in the others, nor a second mistake in it."""
    one = files.vm(name="1.toml", base="cpu_num = 0\nname = 5")
    two_ = files.vm(name="2.toml", path='"nothing"', kernel='ramdisk_path = "none"')
    three = files.vm(name="3.toml", kernel="memory_regions = [[0x4000_0800, 4096]]",
                     devices='emu_devices = [["c", 0x900_0000, 0x1000, 9, 0xe1]]')
    four = files.vm(name="4.toml", base="id = 7")
    five = files.vm(name="5.toml", base="id = 7")
    done = files.axvm("check", one, two_, three, four, five)
    assert done.status == CONFIG
    places = [re.search(r"\d\.toml:\d+", line)[0] for line in done.lines]
    assert places == ["1.toml:2", "1.toml:3", "2.toml:4", "2.toml:5", "3.toml:5", "3.toml:7", "5.toml:2"], done


def test_kernel_of_another_machine_hides_nothing(files):
    path = files.vm(path=f'"{files.write("k", elf(62))}"', base="vm_type = 9")
    done = files.axvm("check", path)
    assert len(done.lines) == 2, done


# ---- The board ----

@pytest.mark.parametrize("cpus,place", [("1", "4:23"), ("2", None), ("64", None)])
def test_affinity(files, cpus, place):
    path = files.vm(base="\ncpu_num = 2\nphys_cpu_sets = [0b1, 0b10]")
    done = files.axvm("check", "--board-cpus", cpus, path)
    assert done.status == (CONFIG if place else OK), done
    if place:
        assert done.finding(path, r"phys_cpu_sets\[1\]: has no CPU of the board, which has 1")
        assert f":{place}: " in done.err
        assert files.axvm("run", "--qemu-cpus", cpus, path).status == CONFIG


# ---- Where images may be ----

@pytest.mark.parametrize("path,text", [
    ("/dev/zero", "device, pipe or socket"), ("fifo", "device, pipe or socket"),
    ("socket", "socket"), ("link", "device, pipe"), ("/proc/cpuinfo", "made up by the kernel"),
    ("/sys/kernel/vmcoreinfo", "made up|no such file"), ("folder", "is a directory"),
])
def test_images_are_regular_files(files, path, text):
    os.mkfifo(files.folder / "fifo")
    (files.folder / "folder").mkdir()
    (files.folder / "link").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(files.folder / "socket"))
        done = files.axvm("check", files.vm(kernel=f'ramdisk_path = "{path}"'))
    assert done.status == CONFIG
    assert re.search(f"ramdisk_path: .*({text})", done.err), done


def test_images_in_a_folder(files):
    (files.folder / "in").mkdir()
    (files.folder / "inside").mkdir()
    for name in ("in", "inside"):
        (files.folder / name / "Image").write_bytes((files.folder / "Image").read_bytes())
    (files.folder / "in" / "out").symlink_to("../Image")
    for path, good in [("in/Image", True), ("Image", False), ("in/../Image", False),
                       ("in/out", False), ("inside/Image", False)]:
        toml = files.vm(path=f'"{path}"')
        done = files.axvm("check", "--images-in", "in", toml)
        assert done.status == (OK if good else CONFIG), path
        assert good or done.finding(toml, "not inside a folder of --images-in")
    assert files.axvm("check", "--images-in", "in", "--images-in", "/", files.vm()).status == OK
    assert files.axvm("check", *["--images-in", "in"] * 9, files.vm()).status == CONFIG


def test_pack_refuses_too_many(files):
    path = files.vm()
    assert files.axvm("pack", *[path] * 64, "-o", "vms.axb").status == OK
    done = files.axvm("pack", *[path] * 65, "-o", "more.axb")
    assert done.status == CONFIG
    assert "at most 64" in done.err


# ---- generate ----

# Every architecture that has a guest machine.
ARCHS = list(MAGIC)


@pytest.mark.parametrize("entry", [[], ["--entry-point", "0x40200000"],
                                   ["--entry-point", "1075838976"]])
@pytest.mark.parametrize("arch", ARCHS)
def test_lesson_28_a_generated_file_passes_its_own_check(files, arch, entry):
    done = files.axvm("generate", "--arch", arch, *entry)
    assert done.status == OK
    assert not entry or "entry_point = 0x40200000" in done.out
    path = files.write("vm.toml", done.out)
    assert files.axvm("check", "--arch", arch, path).status == OK


@pytest.mark.parametrize("arch", ["aarch64", "riscv64", "x86_64"])
def test_generate_knows_every_machine(files, arch):
    assert files.axvm("generate", "--arch", arch).status == (OK if arch in ARCHS else CONFIG)


def test_generate_everything(files):
    done = files.axvm("generate", "--arch", "aarch64", "--name", 'a "quoted" \\ name',
                      "--cpus", "3", "--memory", "64M", "--kernel", "Image", "--ramdisk", "initrd.gz",
                      "--cmdline", 'console=ttyAMA0 x="1\t2"', "--entry-point", "0x40200000",
                      "-o", "vm.toml")
    assert (done.status, done.out, done.err) == (OK, "", "")
    text = (files.folder / "vm.toml").read_text()
    assert "entry_point = 0x40200000" in text and "cpu_num = 3" in text
    assert files.axvm("check", "vm.toml").status == OK
    assert files.axvm("pack", "vm.toml", "-o", "vms.axb").status == OK


def test_generate_beside_another_folder(files):
    (files.folder / "sub").mkdir()
    done = files.axvm("generate", "--arch", "aarch64", "--kernel", "Image", "-o", "sub/vm.toml")
    assert done.status == OK
    assert files.axvm("check", "sub/vm.toml").status == OK


@pytest.mark.parametrize("args,text", [
    (["--arch", "vax"], "no guest machine"),
    ([], "--arch is missing"),
    (["--arch", "aarch64", "--cpus", "65"], "1 to 64"),
    (["--arch", "aarch64", "--cpus", "two"], "not a number"),
    (["--arch", "aarch64", "--memory", "lots"], "not a size"),
    (["--arch", "aarch64", "--memory", "1M", "--kernel", "Image"], "outside the RAM"),
    (["--arch", "aarch64", "--entry-point", "0xzz"], "not a number"),
    (["--arch", "aarch64", "--entry-point", "0x40200002"], "multiple of 4"),
    (["--arch", "riscv64", "--entry-point", "0x80200001"], "multiple of 2"),
    (["--arch", "riscv64", "--kernel", "Image"], "is for aarch64, the VM for riscv64"),
    (["--arch", "aarch64", "--kernel", "nothing"], "no such file"),
    (["--arch", "aarch64", "Image"], "not an option"),
])
def test_generate_refuses(files, args, text):
    before = files.names()
    done = files.axvm("generate", *args, "-o", "vm.toml")
    assert done.status == CONFIG
    assert text in done.err
    assert files.names() == before


# ---- usage ----

@pytest.mark.parametrize("args", [[], ["fly"], ["check"], ["pack"], ["pack", "vm.toml"], ["run"],
                                  ["check", "--what"], ["run", "--timeout", "x", "vm.toml"],
                                  ["run", "--qemu-memory", "1K", "vm.toml"],
                                  ["run", "--host=moon", "vm.toml"]])
def test_usage(files, args):
    done = files.axvm(*args)
    assert done.status == CONFIG
    assert "axvm" in done.err and done.out == ""


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["run", "--help"], ["check", "--help"],
                                  ["generate", "--help"], ["pack", "--help"]])
def test_help(files, args):
    done = files.axvm(*args)
    assert done.status == OK
    assert "axvm" in done.out and done.err == ""


def test_output_to_a_full_disk(files):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full")
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([os.environ.get("AXVM", os.path.join(ROOT, "build", "axvm")),
                               "generate", "--arch", "aarch64"], stdout=full, check=False,
                              stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == HOST
    assert "No space left" in done.stderr
