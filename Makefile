# SPDX-License-Identifier: Apache-2.0
#
# A thin driver over tools/setup and Meson, which has one target per build
# directory.
#
#   make           builds everything
#   make install   builds and installs into PREFIX (/usr/local), below DESTDIR if that is set
#   make run       sets up, builds, and boots Linux in a VM
#   make test      sets up, builds, and runs all tests
#   make soak      sets up, builds, and boots Linux TIMES (10) times with 1, 2 and 4 vCPUs
#   make fuzz      sets up, builds, and runs each fuzzer for SECONDS (20)
#   make prove     fetches CBMC, and proves what tests/prove states (some minutes)
#   make bench     sets up, builds, and runs the benchmarks
#   make docs      makes the reference of the public headers, into build/docs/html
#   make format    formats the sources (installs clang-format-19)
#   make clean     removes what was built, not what was downloaded
#   make help      shows this
#
# ARCH=aarch64 or ARCH=riscv64: for that architecture only. Without it run, soak
# and bench take aarch64, and the others both.

ARCHES := aarch64 riscv64
TARGETS := $(or $(ARCH),$(ARCHES))
ARCH ?= aarch64
CC_HOST ?= clang-19
CXX_HOST ?= clang++-19

# Meson is Debian's, whatever else the PATH has.
export PATH := /usr/bin:$(PATH)
MESON := /usr/bin/meson
NINJA := /usr/bin/ninja --quiet

COMMA := ,

PREFIX ?= /usr/local
TIMES ?= 10
SECONDS ?= 20

CONFIG := configs/linux-$(ARCH).toml
HOST := build/host/build.ninja
ASAN := build/host-asan/build.ninja
TSAN := build/host-tsan/build.ninja
COV := build/host-cov/build.ninja
BARE := $(TARGETS:%=build/%/build.ninja)

.DEFAULT_GOAL := all
.PHONY: all host bare asan tsan cov install run test soak fuzz prove bench docs format clean help \
	setup-run setup-test
.DELETE_ON_ERROR:
# Meson unpacks the same subprojects for each build directory.
.NOTPARALLEL:

ifneq ($(filter-out $(ARCHES),$(TARGETS)),)
$(error ARCH=$(ARCH): the architectures are: $(ARCHES))
endif

all: host bare

host: $(HOST)
	@$(NINJA) -C build/host
	@ln -sfn host/cli/axvm build/axvm

bare: $(TARGETS:%=bare-%)

bare-%: build/%/build.ninja
	@$(NINJA) -C build/$*

asan: $(ASAN)
	@$(NINJA) -C build/host-asan

# Only the tests with threads.
tsan: $(TSAN)
	@$(NINJA) -C build/host-tsan threaded-tests

cov: $(COV)
	@$(NINJA) -C build/host-cov

# A changed overlay makes Meson unpack its subproject anew.
OVERLAYS := $(wildcard subprojects/*.wrap) \
	$(shell find subprojects/packagefiles -mindepth 2 -type f)

build/.subprojects: $(OVERLAYS)
	@mkdir -p build
	@tools/setup build
	@rm -rf subprojects/dtc-*/ subprojects/picolibc-*/ \
		build/host build/host-asan build/host-tsan \
		build/host-cov $(ARCHES:%=build/%)
	@touch $@

$(HOST): build/.subprojects
	@echo "configuring build/host"
	@CC=$(CC_HOST) CXX=$(CXX_HOST) $(MESON) setup build/host -Dtests=disabled \
		>build/host.log 2>&1 || { cat build/host.log; exit 1; }

$(BARE): build/%/build.ninja: build/.subprojects | $(HOST)
	@echo "configuring build/$*"
	@$(MESON) setup build/$* --cross-file cross/$*.ini \
		>build/$*.log 2>&1 || { cat build/$*.log; exit 1; }

# $(call configure_tests,OPTIONS): the target's build directory, for tests.
define configure_tests
	@echo "configuring $(@D)"
	@rm -rf $(@D)
	@CC=$(CC_HOST) CXX=$(CXX_HOST) $(MESON) setup $(@D) -Dtests=enabled $(1) \
		>$(@D).log 2>&1 || { cat $(@D).log; exit 1; }
endef

$(ASAN): build/.subprojects meson_options.txt | $(BARE)
	$(call configure_tests,-Db_sanitize=address$(COMMA)undefined -Db_lundef=false \
		-Dfuzz=true -Doptimization=1)

$(TSAN): build/.subprojects meson_options.txt | $(BARE)
	$(call configure_tests,-Db_sanitize=thread -Db_lundef=false -Doptimization=1)

# The command's C++ has no part in what is measured.
$(COV): build/.subprojects meson_options.txt | $(BARE)
	$(call configure_tests,-Doptimization=1 -Dc_args='-fprofile-instr-generate -fcoverage-mapping' \
		-Dc_link_args=-fprofile-instr-generate -Dcpp_link_args=-fprofile-instr-generate)

install: all
	@for build in host $(TARGETS); do \
		{ $(MESON) configure build/$$build -Dprefix=$(PREFIX) && $(NINJA) -C build/$$build; } \
			>build/install.log 2>&1 || { cat build/install.log; exit 1; }; \
		$(MESON) install -C build/$$build --no-rebuild || exit 1; \
	done

setup-run:
	@tools/setup build run-$(ARCH)

setup-test:
	@tools/setup build $(TARGETS:%=run-%) test

run: setup-run
	@$(MAKE) --no-print-directory all ARCH=$(ARCH)
	@build/axvm run $(CONFIG)

test: setup-test
	@$(MAKE) --no-print-directory all asan tsan cov
	@tools/run-tests $(TARGETS:%=--arch %)

soak: setup-run
	@$(MAKE) --no-print-directory all ARCH=$(ARCH)
	@AXVM_ARCH=$(ARCH) tests/soak $(TIMES)

fuzz: setup-test
	@$(MAKE) --no-print-directory all asan
	@tests/fuzz/run $(SECONDS)

prove:
	@tools/setup prove
	@tests/prove/run

bench: setup-run
	@$(MAKE) --no-print-directory all ARCH=$(ARCH)
	@AXVM_ARCH=$(ARCH) bench/run

docs:
	@tools/setup docs
	@mkdir -p build
	@doxygen docs/reference/Doxyfile
	@echo build/docs/html/index.html

format:
	@tools/setup format
	@find include core arch devices host cli guests tests bench \
		\( -name '*.[ch]' -o -name '*.cpp' -o -name '*.hpp' \) -print0 | \
		xargs -0 -r clang-format-19 -i

help:
	@sed -n 's/^#   \(make.*\)/\1/p' $(firstword $(MAKEFILE_LIST))

clean:
	@rm -rf build/host build/host-asan build/host-tsan build/host-cov build/lint \
		$(ARCHES:%=build/%) build/axvm build/docs build/fuzz build/*.log \
		build/.subprojects subprojects/dtc-*/ subprojects/picolibc-*/
