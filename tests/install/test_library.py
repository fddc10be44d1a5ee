# SPDX-License-Identifier: Apache-2.0
"""The library, as whoever embeds it has it: headers, pkg-config, static and shared."""
import json
import os
import re

import pytest

from conftest import EXAMPLES, HERE, run

COMPILERS = ["gcc", "clang-19"]
WARNINGS = ["-Wall", "-Wextra", "-Wno-unused-parameter", "-Werror"]
SECTIONS = ["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]
STATIC = {"static": [], "gc-sections": SECTIONS, "lld-gc-sections": ["-fuse-ld=lld-19", *SECTIONS]}
# The version itself.
OTHERS = {"AXVM_0.1"}


def build(tree, compiler, source, to, *options):
    static = ["--static"] if "-static" in options else []
    flags = tree.flags("--cflags", "--libs", *static)
    if "-fuse-ld=lld-19" in options and compiler == "gcc":
        pytest.skip("gcc 12 knows lld only by another name")
    run(compiler, "-std=gnu17", *WARNINGS, source, "-o", to / "program", *options, *flags, cwd=to)
    return to / "program"


def needed(program):
    return re.findall(r"\(NEEDED\).*\[(.*)\]", run("readelf", "-d", program))


@pytest.mark.parametrize("compiler", COMPILERS)
def test_example_with_the_shared_library(tree, compiler, tmp_path):
    program = build(tree, compiler, os.path.join(EXAMPLES, "embed.c"), tmp_path)
    assert "libaxvm.so.0" in needed(program)
    env = {**os.environ, "LD_LIBRARY_PATH": tree.lib}
    assert run(program, env=env) == "Hi\ncalled with 42\n"


@pytest.mark.parametrize("linking", STATIC)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_example_with_the_static_library(tree, compiler, linking, tmp_path):
    """Its console is a device model: nothing refers to it by name, and it is there."""
    program = build(tree, compiler, os.path.join(EXAMPLES, "embed.c"), tmp_path, "-static",
                    *STATIC[linking])
    assert not needed(program)
    assert run(program) == "Hi\ncalled with 42\n"


@pytest.mark.parametrize("linking", STATIC)
@pytest.mark.parametrize("compiler", COMPILERS)
def test_device_model_of_the_embedder(tree, compiler, linking, tmp_path):
    """Found before that of the library; and its fdt_check_header() is none of libfdt's."""
    program = build(tree, compiler, os.path.join(HERE, "model.c"), tmp_path, "-static",
                    *STATIC[linking])
    assert run(program) == "0x5a\n"


def test_example_is_short():
    with open(os.path.join(EXAMPLES, "embed.c"), encoding="ascii") as file:
        lines = file.readlines()
    assert len(lines) < 80
    assert max(len(line.expandtabs(8)) for line in lines) <= 101


# ---- Names ----

def defined(*nm):
    return {line.split()[-1] for line in run("nm", "--defined-only", *nm).splitlines()
            if len(line.split()) == 3}


def test_shared_library_shows_versioned_names_only(tree):
    names = defined("-D", os.path.join(tree.lib, "libaxvm.so")) - OTHERS
    assert len(names) > 80
    assert [n for n in names if not re.fullmatch(r"axvm_\w+@@AXVM_0\.1", n)] == []


def test_static_library_shows_public_names_only(tree):
    names = defined("-g", os.path.join(tree.lib, "libaxvm.a"))
    assert len(names) > 80
    assert [n for n in names if not n.startswith("axvm_")] == []


def test_soname(tree):
    assert "[libaxvm.so.0]" in run("readelf", "-d", os.path.join(tree.lib, "libaxvm.so"))


def declared(tree, tmp_path):
    """Functions and variables of the headers, but those of the bare-metal backends."""
    source = tmp_path / "all.c"
    source.write_text("".join(f"#include <{h}>\n" for h in tree.headers()
                              if h not in ("axvm/aarch64.h", "axvm/riscv64.h")))
    top = json.loads(run("clang-19", "-fsyntax-only", "-Xclang", "-ast-dump=json", source,
                         *tree.flags("--cflags")))
    return {d["name"] for d in top["inner"] if d["kind"] in ("FunctionDecl", "VarDecl")
            and d["name"].startswith("axvm_") and d.get("storageClass") != "static"}


def test_shared_library_has_what_the_headers_declare(tree, tmp_path):
    names = {n.partition("@")[0] for n in defined("-D", os.path.join(tree.lib, "libaxvm.so"))}
    assert names - OTHERS == declared(tree, tmp_path)


# ---- Headers ----

@pytest.mark.parametrize("command", [
    ["gcc", "-xc", "-std=c17", "-pedantic"], ["clang-19", "-xc", "-std=c17", "-pedantic"],
    ["g++", "-xc++", "-std=c++17"], ["clang++-19", "-xc++", "-std=c++17"],
], ids=["gcc-C17", "clang-C17", "gcc-C++17", "clang-C++17"])
def test_headers_compile_alone(tree, command, tmp_path):
    assert len(tree.headers()) > 10
    for header in tree.headers():
        run(*command, *WARNINGS, "-fsyntax-only", *tree.flags("--cflags"), "-",
            cwd=tmp_path, stdin=None, input=f"#include <{header}>\n" * 2 + "extern int something;\n")


def test_cplusplus_program(tree, tmp_path):
    source = tmp_path / "program.cpp"
    source.write_text("".join(f"#include <{h}>\n" for h in tree.headers()) + """
#include <cstdio>
int main() { std::puts(axvm_strerror(AXVM_ERR_NOT_FOUND)); }
""")
    run("g++", "-std=c++17", *WARNINGS, source, "-o", tmp_path / "program",
        *tree.flags("--cflags", "--libs"))
    env = {**os.environ, "LD_LIBRARY_PATH": tree.lib}
    assert run(tmp_path / "program", env=env) == "NOT_FOUND\n"


def test_licences_of_what_is_inside(tree):
    folder = os.path.join(tree.prefix, "share", "doc", "axvm")
    for name, words in (("dtc-BSD-2-Clause", "Redistribution and use"),
                        ("picolibc-COPYING.picolibc", "Keith Packard")):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            assert words in file.read()
