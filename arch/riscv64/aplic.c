/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's APLIC (AIA 4.5 to 4.9). Its interrupts leave by message only: domaincfg.DM is
 * read-only one, and there are no structures for direct delivery. What is sent is sent at once, so
 * that genmsi is never busy.
 */
#include "aia.h"
#include <stddef.h>
#include <string.h>

#define DOMAINCFG	0x0000u
#define SOURCECFG	0x0004u
#define SOURCECFG_END	0x1000u
#define SETIP		0x1c00u
#define CLRIE_END	0x2000u
#define SETIPNUM_LE	0x2000u
#define SETIPNUM_BE	0x2004u
#define GENMSI		0x3000u
#define TARGET		0x3004u
#define TARGET_END	0x4000u
#define WORDS_OF_GROUP	0x80u /* setip, in_clrip, setie, clrie: 32 words, and one by number */
#define NUMBER_OF_GROUP 0xdcu

#define DOMAINCFG_READ UINT32_C(0x80000004) /* the byte that tells the byte order, DM */
#define DOMAINCFG_IE   8
#define SOURCECFG_D    (UINT32_C(1) << 10)
#define SM_MASK	       7u
#define SM_INACTIVE    0u
#define SM_DETACHED    1u
#define SM_EDGE1       4u
#define SM_INVERTED    1u /* with Edge1 and Level1 */
#define SM_LEVEL       2u
#define TARGET_HART    18
#define TARGET_EIID    UINT32_C(0x7ff)
#define TARGET_WRITE   UINT32_C(0xfffc07ff) /* guest index: read-only zero, harts have no files */

enum group { GROUP_SETIP, GROUP_CLRIP, GROUP_SETIE, GROUP_CLRIE };

static struct aplic_vm *aplic_of(struct axvm *vm)
{
	return &vm->arch.aplic;
}

static bool source_valid(uint32_t source)
{
	return source >= 1 && source <= APLIC_SOURCES;
}

/* "Rectified input values" (AIA 4.5.2) of 32 sources. */
static uint32_t inputs(const struct aplic_vm *a, unsigned k)
{
	return (a->line[k] ^ a->inverted[k]) & a->wired[k];
}

static void assign(uint32_t *word, uint32_t bit, bool value)
{
	*word = value ? *word | bit : *word & ~bit;
}

/* ---- Pending bits (AIA 4.7), and messages (4.9) ---- */

static void send(struct axvm *vm, uint32_t target)
{
	uint32_t hart = target >> TARGET_HART;

	if (hart < vm->vcpu_num)
		imsic_send(&vm->vcpus[hart], target & TARGET_EIID);
}

/* What is pending and enabled goes out. Active sources only are ever pending. */
static void forward(struct axvm *vm, unsigned k)
{
	struct aplic_vm *a = aplic_of(vm);
	uint32_t bits = a->enable ? a->pending[k] & a->enabled[k] : 0;

	a->pending[k] &= ~bits;
	for (; bits; bits &= bits - 1)
		send(vm, a->target[32 * k + (unsigned)__builtin_ctz(bits)]);
}

static void set_line(struct aplic_vm *a, unsigned k, uint32_t bit, bool level)
{
	uint32_t before = inputs(a, k), after;

	assign(&a->line[k], bit, level);
	after = inputs(a, k);
	a->pending[k] |= after & ~before;
	a->pending[k] &= ~a->level[k] | after;
}

/* A register or the guest's software asks for it: a level-sensitive source has to agree. */
static void set_pending(struct aplic_vm *a, unsigned k, uint32_t bits)
{
	a->pending[k] |= bits & a->active[k] & (~a->level[k] | inputs(a, k));
}

void aia_set_line(struct axvm *vm, uint32_t irq, bool level)
{
	struct aplic_vm *a = aplic_of(vm);

	if (!source_valid(irq))
		return;
	lock_take(&a->lock);
	set_line(a, irq / 32, UINT32_C(1) << irq % 32, level);
	forward(vm, irq / 32);
	lock_drop(&a->lock);
}

/* A pulse on the wire: an edge of either kind. */
void aia_inject(struct axvm *vm, uint32_t irq)
{
	struct aplic_vm *a = aplic_of(vm);
	unsigned k = irq / 32;
	uint32_t bit = UINT32_C(1) << irq % 32;
	bool was;

	if (!source_valid(irq))
		return;
	lock_take(&a->lock);
	was = a->line[k] & bit;
	set_line(a, k, bit, !was);
	forward(vm, k);
	set_line(a, k, bit, was);
	forward(vm, k);
	lock_drop(&a->lock);
}

/* ---- Registers ---- */

static uint32_t read_sourcecfg(const struct aplic_vm *a, uint32_t source)
{
	unsigned k = source / 32, i = source % 32;

	if (!source_valid(source) || !(a->active[k] >> i & 1))
		return SM_INACTIVE;
	if (!(a->wired[k] >> i & 1))
		return SM_DETACHED;
	return SM_EDGE1 | (a->level[k] >> i & 1 ? SM_LEVEL : 0) |
	       (a->inverted[k] >> i & 1 ? SM_INVERTED : 0);
}

/* Delegation is not possible in a domain without children; the reserved modes are Inactive too. */
static uint32_t legal_mode(uint32_t value)
{
	uint32_t mode = value & SM_MASK;

	return value & SOURCECFG_D || mode == 2 || mode == 3 ? SM_INACTIVE : mode;
}

static void write_sourcecfg(struct aplic_vm *a, uint32_t source, uint32_t value)
{
	uint32_t mode = legal_mode(value), bit = UINT32_C(1) << source % 32;
	unsigned k = source / 32;
	bool wired = mode >= SM_EDGE1;

	assign(&a->active[k], bit, mode != SM_INACTIVE);
	assign(&a->wired[k], bit, wired);
	assign(&a->level[k], bit, wired && mode & SM_LEVEL);
	assign(&a->inverted[k], bit, wired && mode & SM_INVERTED);
	if (mode == SM_INACTIVE) {
		a->pending[k] &= ~bit;
		a->enabled[k] &= ~bit;
		a->target[source] = 0;
	} else if (a->level[k] & bit) {
		assign(&a->pending[k], bit, inputs(a, k) & bit);
	}
}

static uint32_t read_group(const struct aplic_vm *a, enum group group, unsigned k)
{
	if (k >= APLIC_WORDS)
		return 0;
	switch (group) {
	case GROUP_SETIP:
		return a->pending[k];
	case GROUP_CLRIP:
		return inputs(a, k);
	case GROUP_SETIE:
		return a->enabled[k];
	case GROUP_CLRIE:
		break;
	}
	return 0;
}

static void write_group(struct aplic_vm *a, enum group group, unsigned k, uint32_t bits)
{
	switch (group) {
	case GROUP_SETIP:
		set_pending(a, k, bits);
		break;
	case GROUP_CLRIP:
		a->pending[k] &= ~bits;
		break;
	case GROUP_SETIE:
		a->enabled[k] |= bits & a->active[k];
		break;
	case GROUP_CLRIE:
		a->enabled[k] &= ~bits;
		break;
	}
}

static enum group group_of(uint64_t offset)
{
	return (enum group)((offset - SETIP) / 0x100);
}

static uint32_t read_locked(const struct aplic_vm *a, uint64_t offset)
{
	uint32_t source = (uint32_t)(offset - TARGET) / 4 + 1;

	if (offset == DOMAINCFG)
		return DOMAINCFG_READ | a->enable << DOMAINCFG_IE;
	if (offset < SOURCECFG_END)
		return read_sourcecfg(a, (uint32_t)offset / 4);
	if (offset >= SETIP && offset < CLRIE_END && offset % 0x100 < WORDS_OF_GROUP)
		return read_group(a, group_of(offset), offset % 0x100 / 4);
	if (offset == GENMSI)
		return a->genmsi;
	if (offset >= TARGET && offset < TARGET_END && source_valid(source))
		return a->target[source];
	return 0;
}

static void write_domaincfg(struct axvm *vm, uint32_t value)
{
	aplic_of(vm)->enable = value >> DOMAINCFG_IE & 1;
	for (unsigned k = 0; k < APLIC_WORDS; k++)
		forward(vm, k);
}

/* setip[k] and its kind, or setipnum and its kind with the number in `value`. */
static void write_bits(struct axvm *vm, uint64_t offset, uint32_t value)
{
	unsigned k = offset % 0x100 / 4;

	if (offset % 0x100 == NUMBER_OF_GROUP) {
		k = value / 32;
		value = UINT32_C(1) << value % 32;
	} else if (offset % 0x100 >= WORDS_OF_GROUP) {
		return;
	}
	if (k >= APLIC_WORDS)
		return;
	write_group(aplic_of(vm), group_of(offset), k, value);
	forward(vm, k);
}

static void write_source(struct axvm *vm, uint32_t source, uint32_t value)
{
	if (!source_valid(source))
		return;
	write_sourcecfg(aplic_of(vm), source, value);
	forward(vm, source / 32);
}

static void write_target(struct aplic_vm *a, uint32_t source, uint32_t value)
{
	if (source_valid(source) && a->active[source / 32] >> source % 32 & 1)
		a->target[source] = value & TARGET_WRITE;
}

/* Extempore: whatever domaincfg.IE says (AIA 4.5.15). */
static void write_genmsi(struct axvm *vm, uint32_t value)
{
	aplic_of(vm)->genmsi = value & TARGET_WRITE;
	send(vm, value);
}

static void write_locked(struct axvm *vm, uint64_t offset, uint32_t value)
{
	if (offset == DOMAINCFG)
		write_domaincfg(vm, value);
	else if (offset < SOURCECFG_END)
		write_source(vm, (uint32_t)offset / 4, value);
	else if (offset >= SETIP && offset < CLRIE_END)
		write_bits(vm, offset, value);
	else if (offset == SETIPNUM_LE)
		write_bits(vm, SETIP + NUMBER_OF_GROUP, value);
	else if (offset == SETIPNUM_BE)
		write_bits(vm, SETIP + NUMBER_OF_GROUP, __builtin_bswap32(value));
	else if (offset == GENMSI)
		write_genmsi(vm, value);
	else if (offset >= TARGET && offset < TARGET_END)
		write_target(aplic_of(vm), (uint32_t)(offset - TARGET) / 4 + 1, value);
}

uint64_t aplic_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu)
{
	struct aplic_vm *a = aplic_of(opaque);
	uint32_t value;

	if (width != 4 || offset % 4)
		return 0;
	lock_take(&a->lock);
	value = read_locked(a, offset);
	lock_drop(&a->lock);
	return value;
}

void aplic_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
		 struct axvm_vcpu *vcpu)
{
	struct aplic_vm *a = aplic_of(opaque);

	if (width != 4 || offset % 4)
		return;
	lock_take(&a->lock);
	write_locked(opaque, offset, (uint32_t)value);
	lock_drop(&a->lock);
}

void aplic_vm_reset(struct axvm *vm)
{
	struct aplic_vm *a = aplic_of(vm);

	lock_take(&a->lock);
	memset(&a->enable, 0, sizeof(*a) - offsetof(struct aplic_vm, enable));
	lock_drop(&a->lock);
}
