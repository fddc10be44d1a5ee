/* SPDX-License-Identifier: Apache-2.0 */
#include "selftest.h"

#include "arch.h"
#include "clock.h"
#include "log.h"
#include "mem.h"
#include "vms.h"

#include <axvm/vm.h>
#include <string.h>

#define VM_ID	   1u
#define WAIT_NANOS 20000000u
#define MIB	   0x100000u
#define RIGHTS	   (AXVM_MEM_READ | AXVM_MEM_WRITE | AXVM_MEM_EXECUTE)
#define FEW_PAGES  AXVM_PAGE_SIZE	      /* by address in the TLB */
#define MANY_PAGES (4 * MIB - AXVM_PAGE_SIZE) /* all of the VM; tables come and go */

static void wait(void)
{
	uint64_t end = clock_now() + WAIT_NANOS;

	while (clock_now() < end)
		isa_relax();
}

/* Every page of a range begins with `word`, twice: guests write to the second. */
static void mark(void *base, uint64_t size, uint64_t word)
{
	for (uint64_t at = 0; at < size / sizeof(word); at += AXVM_PAGE_SIZE / sizeof(word)) {
		((volatile uint64_t *)base)[at] = word;
		((volatile uint64_t *)base)[at + 1] = word;
	}
}

/* The memory at `base` goes away, and becomes stale; then other memory comes. */
static enum axvm_error replace(struct axvm *vm, uint64_t size, unsigned round)
{
	struct axvm_host_piece old[2];
	size_t num = 2;
	axvm_gpa_t gpa = axvm_gpa(SELFTEST_UNMAP_GPA);
	enum axvm_error error = axvm_get_image_load_region(vm, gpa, size, old, &num);
	const volatile uint64_t *first;
	axvm_hpa_t fresh;

	if (!error)
		error = axvm_unmap_region(vm, gpa, size);
	if (error)
		return error;
	for (size_t i = 0; i < num; i++)
		mark(old[i].base, old[i].size, SELFTEST_UNMAP_STALE);
	wait();
	first = old[0].base;
	if (first[1] != SELFTEST_UNMAP_STALE)
		return AXVM_ERR_INVALID_DATA; /* a guest has written to it since */
	error = mem_alloc(size / AXVM_PAGE_SIZE, AXVM_PAGE_SIZE, &fresh);
	if (error)
		return error;
	mark((void *)(uintptr_t)fresh.v, size, SELFTEST_UNMAP_FRESH + round);
	error = axvm_map_region(vm, gpa, fresh, size, RIGHTS);
	wait();
	return error;
}

static bool ready(struct axvm *vm)
{
	uint64_t word = 0;

	return axvm_read_from_guest(vm, axvm_gpa(SELFTEST_UNMAP_GPA), &word, sizeof(word)) ==
		       AXVM_OK &&
	       word == SELFTEST_UNMAP_READY;
}

/* The frames stay with the test: the VM may use the last ones until it ends. */
static void run(struct axvm *vm)
{
	enum axvm_error error = AXVM_OK;

	while (!ready(vm))
		wait();
	for (unsigned i = 0; !error && i < SELFTEST_UNMAP_ROUNDS; i++)
		error = replace(vm, i % 3 == 2 ? MANY_PAGES : FEW_PAGES, i);
	if (error)
		log_line(AXVM_LOG_ERROR, "selftest: unmap: %s", axvm_strerror(error));
}

void selftest_unmap(void)
{
	struct host_vm *vm = NULL;
	char what[16];

	if (this_cpu() != &cpus[cpu_num - 1] ||
	    !board_bootarg("axvm.selftest", what, sizeof(what)) || strcmp(what, "unmap") != 0)
		return;
	while (!vm) {
		wait();
		vm = vms_get(VM_ID);
	}
	run(vm->core);
	vms_put(vm);
}
