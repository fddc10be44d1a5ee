/* SPDX-License-Identifier: Apache-2.0 */
/* A whole VM with the AArch64 machine's devices, over the simulated CPU. */
#ifndef TESTS_WHOLE_VM_H
#define TESTS_WHOLE_VM_H

#include "sim_host.h"

#define KIB    UINT64_C(1024)
#define MIB    (KIB * 1024)
#define RAM    UINT64_C(0x40000000)
#define RWX    (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)
#define UART   UINT64_C(0x09000000)
#define RTC    UINT64_C(0x09010000)
#define SECOND UINT64_C(1000000000)

struct fixture {
	struct sim_host sim;
	struct axvm_config config;
	struct axvm *vm;
	struct axvm_diag diag;
	uint64_t dtb[32 * 1024]; /* aligned as a device tree is */
};

extern const uint8_t kernel[0x2345];
extern const uint8_t ramdisk[12345];

/* For cmocka: *state is a fixture whose configuration can be changed before build(). */
int setup(void **state);
int teardown(void **state);

enum axvm_error build(struct fixture *f);
enum axvm_error load(struct fixture *f, const void *dtb, size_t dtb_size);

/* Reads back the tree where the guest finds it. */
const void *guest_dtb(struct fixture *f);
int node_at(const void *fdt, const char *path);
uint32_t cell(const void *fdt, const char *path, const char *name, int i);
uint64_t cells2(const void *fdt, const char *path, const char *name, int i);
void expect_text(const void *fdt, const char *path, const char *name, const char *want);
void expect_compatible(const void *fdt, const char *path, const char *want);

#endif
