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

static void wait_nanos(uint64_t nanos)
{
	uint64_t end = clock_now() + nanos;

	while (clock_now() < end)
		isa_relax();
}

static void wait(void)
{
	wait_nanos(WAIT_NANOS);
}

/* What a test and its guest share. */
static axvm_gpa_t shared(struct axvm *vm, uint64_t offset)
{
	size_t num;
	const struct axvm_memory_region *ram = axvm_config_memory_regions(axvm_config(vm), &num);

	return axvm_gpa(ram[0].gpa + SELFTEST_OFFSET + offset);
}

/* ---- unmap ---- */

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
	axvm_gpa_t gpa = shared(vm, 0);
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

/* The frames stay with the test: the VM may use the last ones until it ends. */
static enum axvm_error unmap(struct axvm *vm)
{
	enum axvm_error error = AXVM_OK;

	for (unsigned i = 0; !error && i < SELFTEST_UNMAP_ROUNDS; i++)
		error = replace(vm, i % 3 == 2 ? MANY_PAGES : FEW_PAGES, i);
	return error;
}

/* ---- pause ---- */

/* What the guest's CPUs count as they run. */
static enum axvm_error counts(struct axvm *vm, uint64_t out[2])
{
	return axvm_read_from_guest(vm, shared(vm, 8), out, 2 * sizeof(out[0]));
}

/* However slow the board is: both have run since they were paused, and will be found at work. */
static enum axvm_error both_run(struct axvm *vm, const uint64_t before[2])
{
	uint64_t now[2] = { before[0], before[1] };
	enum axvm_error error = AXVM_OK;

	while (!error && (now[0] - before[0] < 2 || now[1] - before[1] < 2)) {
		wait();
		error = counts(vm, now);
	}
	return error;
}

static enum axvm_error pause_once(struct axvm *vm)
{
	uint64_t before[2] = { 0 }, after[2] = { 0 };
	enum axvm_error error = axvm_pause(vm);

	if (!error)
		error = counts(vm, before);
	wait_nanos(SELFTEST_PAUSE_MILLIS * UINT64_C(1000000));
	if (!error)
		error = counts(vm, after);
	if (!error && (before[0] != after[0] || before[1] != after[1]))
		error = AXVM_ERR_INVALID_DATA;
	if (!error)
		error = axvm_resume(vm);
	if (!error)
		error = both_run(vm, after);
	return error;
}

static enum axvm_error pause(struct axvm *vm)
{
	const uint64_t done = SELFTEST_PAUSE_DONE;
	enum axvm_error error = AXVM_OK;

	for (unsigned i = 0; !error && i < SELFTEST_PAUSE_ROUNDS; i++)
		error = pause_once(vm);
	if (!error)
		error = axvm_write_to_guest(vm, shared(vm, 0), &done, sizeof(done));
	return error;
}

/* ---- Which ---- */

static const struct test {
	const char *name;
	enum axvm_error (*run)(struct axvm *vm);
} tests[] = {
	{ "unmap", unmap },
	{ "pause", pause },
};

static const struct test *wanted(void)
{
	char what[16];

	if (!board_bootarg("axvm.selftest", what, sizeof(what)))
		return NULL;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (strcmp(what, tests[i].name) == 0)
			return &tests[i];
	return NULL;
}

static bool ready(struct axvm *vm)
{
	uint64_t word = 0;

	return axvm_read_from_guest(vm, shared(vm, 0), &word, sizeof(word)) == AXVM_OK &&
	       word == SELFTEST_READY;
}

void selftest_vm(void)
{
	const struct test *test = wanted();
	struct host_vm *vm = NULL;
	enum axvm_error error;

	if (!test || cpu_num == 1 || this_cpu() != &cpus[cpu_num - 1])
		return;
	while (!vm) {
		wait();
		vm = vms_get(VM_ID);
	}
	while (!ready(vm->core))
		wait();
	error = test->run(vm->core);
	if (error)
		log_line(AXVM_LOG_ERROR, "selftest: %s: %s", test->name, axvm_strerror(error));
	vms_put(vm);
}
