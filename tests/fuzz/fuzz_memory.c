/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any sequence of mapping, unmapping, changing rights and copying in one address space, against a
 * naive model with an entry for every page. The host's memory runs out now and then. Entries are
 * those of AArch64, and of RISC-V in fuzz_memory_riscv64.c.
 */
#include "arch.h"
#include "aspace.h"
#include "input.h"
#include "shape.h"
#include "sim_host.h"

#define FIRST	   UINT64_C(0x40000000) /* of the pages that the guest uses */
#define PAGES	   2048u		/* two tables' worth, so that large leaves come and go */
#define HOST_PAGES 2048u		/* that are mapped */
#define PAGE	   ((uint64_t)AXVM_PAGE_SIZE)
#define COPY_MAX   (3 * AXVM_PAGE_SIZE)

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static struct sim_host host;
static uint8_t *host_ram; /* HOST_PAGES of it */
static uint64_t host_hpa;

static struct {
	uint32_t flags; /* 0: not mapped */
	uint32_t host;	/* page */
} model[PAGES];

static void no_flush(void *ctx, uint64_t gpa, uint64_t size, bool tables)
{
	(void)ctx;
	(void)gpa;
	(void)size;
	(void)tables;
}

/* Of the architecture; the simulated one's are in the library that this is linked with. */
void arch_sync_guest_memory(void *p, size_t len)
{
	(void)p;
	(void)len;
}

void arch_clear_guest_memory(void *p, size_t len)
{
	memset(p, 0, len);
}

struct span {
	uint64_t first;
	uint64_t num; /* pages */
};

/* A part of the model's pages; many of them whole large leaves. */
static struct span any_span(struct input *in)
{
	struct span s = { input_u16(in) % PAGES, input_u16(in) };

	if (input_u8(in) & 1)
		s = (struct span){ s.first & ~511u, 512 };
	s.num = s.num % (PAGES - s.first) + 1;
	return s;
}

static bool model_all(struct span s, bool mapped)
{
	for (uint64_t i = s.first; i < s.first + s.num; i++)
		if (!!model[i].flags != mapped)
			return false;
	return true;
}

/* At least one right, and none that entries cannot express. */
static uint32_t any_flags(struct input *in)
{
	uint32_t flags = input_u8(in) & AXVM_MEM_ALL;

	return flags & 7 && pte_can_grant(flags) ? flags : flags | AXVM_MEM_READ;
}

static void map(struct aspace *as, struct input *in)
{
	struct span s = any_span(in);
	uint32_t flags = any_flags(in), first = input_u16(in) % HOST_PAGES;
	enum axvm_error err;

	if (first + s.num > HOST_PAGES)
		s.num = HOST_PAGES - first;
	err = aspace_map(as, axvm_gpa(FIRST + s.first * PAGE), axvm_hpa(host_hpa + first * PAGE),
			 s.num * PAGE, flags);
	must(model_all(s, false) ? err == AXVM_OK || err == AXVM_ERR_NO_MEMORY :
				   err == AXVM_ERR_ALREADY_EXISTS);
	for (uint64_t i = 0; err == AXVM_OK && i < s.num; i++) {
		model[s.first + i].flags = flags;
		model[s.first + i].host = first + (uint32_t)i;
	}
}

static void unmap(struct aspace *as, struct input *in)
{
	struct span s = any_span(in);
	enum axvm_error err = aspace_unmap(as, axvm_gpa(FIRST + s.first * PAGE), s.num * PAGE);

	must(model_all(s, true) ? err == AXVM_OK || err == AXVM_ERR_NO_MEMORY :
				  err == AXVM_ERR_NOT_FOUND);
	for (uint64_t i = s.first; err == AXVM_OK && i < s.first + s.num; i++)
		model[i].flags = 0;
}

static void protect(struct aspace *as, struct input *in)
{
	struct span s = any_span(in);
	uint32_t flags = any_flags(in);
	uint64_t gpa = FIRST + s.first * PAGE;

	if (!model_all(s, true) || stage2_prepare_change(&as->s2, gpa, s.num * PAGE) != AXVM_OK)
		return;
	stage2_protect(&as->s2, gpa, s.num * PAGE, flags);
	must(as->s2.spare_num == 0);
	for (uint64_t i = s.first; i < s.first + s.num; i++)
		model[i].flags = flags;
}

/* Arguments that cannot be mapped, and change nothing. */
static void map_wildly(struct aspace *as, struct input *in)
{
	uint64_t gpa = input_u64(in), hpa = input_u64(in), size = input_u64(in);
	uint32_t flags = input_u32(in);

	if (aspace_may_map(as, axvm_gpa(gpa), axvm_hpa(hpa), size, flags))
		return;
	must(aspace_map(as, axvm_gpa(gpa), axvm_hpa(hpa), size, flags) == AXVM_ERR_INVALID_INPUT);
}

/* The byte of host memory behind a guest's, if the guest has all of `rights` to it; or NULL. */
static uint8_t *model_byte(uint64_t gpa, uint32_t right)
{
	uint64_t n = (gpa - FIRST) / PAGE;

	if (n >= PAGES || !(model[n].flags & right) || model[n].flags & AXVM_MEM_DEVICE)
		return NULL;
	return host_ram + model[n].host * PAGE + gpa % PAGE;
}

static bool model_covers(uint64_t gpa, size_t len, uint32_t right)
{
	for (size_t i = 0; i < len; i++)
		if (!model_byte(gpa + i, right))
			return false;
	return true;
}

static uint64_t any_address(struct input *in)
{
	uint8_t where = input_u8(in);

	return where == 0xff ? input_u64(in) :
			       FIRST + input_u32(in) % (PAGES * PAGE + 2 * PAGE) - PAGE;
}

static void copy_from(struct aspace *as, struct input *in)
{
	static uint8_t buf[COPY_MAX];
	uint64_t gpa = any_address(in);
	size_t len = input_u16(in) % COPY_MAX;
	enum axvm_error err;

	memset(buf, 0x5a, sizeof(buf));
	err = aspace_read(as, axvm_gpa(gpa), buf, len);
	must((err == AXVM_OK) == model_covers(gpa, len, AXVM_MEM_READ));
	for (size_t i = 0; i < len; i++)
		must(buf[i] == (err == AXVM_OK ? *model_byte(gpa + i, AXVM_MEM_READ) : 0x5a));
}

/* One host page may be mapped twice, so that the last byte written there counts. */
static void copy_to(struct aspace *as, struct input *in)
{
	static uint8_t buf[COPY_MAX], expected[COPY_MAX];
	uint64_t gpa = any_address(in);
	size_t len = input_u16(in) % COPY_MAX;
	enum axvm_error err;

	memset(buf, input_u8(in), len);
	err = aspace_write(as, axvm_gpa(gpa), buf, len);
	must((err == AXVM_OK) == model_covers(gpa, len, AXVM_MEM_WRITE));
	memcpy(expected, buf, len);
	for (size_t i = 0; err == AXVM_OK && i < len; i++)
		must(*model_byte(gpa + i, AXVM_MEM_WRITE) == expected[i]);
}

static void pieces(struct aspace *as, struct input *in)
{
	struct axvm_host_piece piece[4];
	uint64_t gpa = any_address(in), size = input_u16(in), at = gpa;
	size_t num = input_u8(in) % 5;
	size_t max = num;
	enum axvm_error err = aspace_pieces(as, axvm_gpa(gpa), size, piece, &num);

	must(num <= max);
	must((err == AXVM_ERR_INVALID_INPUT) == !(size && model_covers(gpa, size, AXVM_MEM_WRITE)));
	for (size_t i = 0; err == AXVM_OK && i < num; i++)
		for (size_t k = 0; k < piece[i].size; k++)
			must((uint8_t *)piece[i].base + k == model_byte(at++, AXVM_MEM_WRITE));
	must(err != AXVM_OK || at == gpa + size);
}

static void find(struct aspace *as, struct input *in)
{
	uint64_t gpa = any_address(in), n = (gpa - FIRST) / PAGE;
	struct stage2_leaf leaf;
	bool found = aspace_find(as, axvm_gpa(gpa), &leaf);

	must(found == (n < PAGES && model[n].flags));
	if (!found)
		return;
	must(leaf.flags == shape_keeps(model[n].flags));
	must(leaf.hpa.v == host_hpa + model[n].host * PAGE + gpa % PAGE);
}

static void step(struct aspace *as, struct input *in)
{
	static void (*const steps[])(struct aspace *as, struct input *in) = {
		map, map, unmap, protect, copy_from, copy_to, pieces, find, map_wildly,
	};
	uint8_t op = input_u8(in);

	host.fail_after = op & 0x80 ? op >> 4 & 7 : SIZE_MAX;
	steps[op % 16 % (sizeof(steps) / sizeof(steps[0]))](as, in);
	host.fail_after = SIZE_MAX;
	must(as->s2.spare_num == 0);
}

static void prepare(void)
{
	axvm_hpa_t hpa;

	sim_host_init(&host);
	must(host.hal.alloc_contiguous(&host.hal, HOST_PAGES, 2 << 20, &hpa) == AXVM_OK);
	host_hpa = hpa.v;
	host_ram = sim_memory(&host, host_hpa);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	struct input in = { input, size };
	struct stage2_geometry geo;
	struct aspace as = { 0 };
	size_t frames;

	if (!host.map)
		prepare();
	frames = host.frames_used;
	memset(model, 0, sizeof(model));
	shape_init(&geo);
	must(aspace_init(&as, &host.hal, NULL, &geo, (struct stage2_tlb){ no_flush, NULL }) ==
	     AXVM_OK);
	while (in.left)
		step(&as, &in);
	aspace_fini(&as);
	must(host.frames_used == frames);
	return 0;
}
