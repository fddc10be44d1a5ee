/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's PLIC (RISC-V PLIC Specification 1.0.0) with the contexts of QEMU's "virt" board: 2n
 * is hart n's M-mode, which no guest has: its registers read 0; 2n + 1 is its S-mode. Registers are
 * words: an access of another size, or across two of them, reads 0 and changes nothing, as do
 * registers that do not exist.
 */
#include "device_config.h"
#include "fdt_build.h"
#include "host.h"
#include <libfdt.h>
#include <string.h>

/* "Memory Map" */
#define PENDING_BASE   0x1000u
#define ENABLE_BASE    0x2000u
#define ENABLE_STRIDE  0x80u
#define ENABLE_END     0x1f2000u
#define CONTEXT_BASE   0x200000u
#define CONTEXT_STRIDE 0x1000u
#define THRESHOLD      0x0u
#define CLAIM	       0x4u

/* Interrupts of a hart's own controller; in the place of one that it has not: all ones. */
#define HART_SUPERVISOR_EXTERNAL 9u
#define HART_NONE		 UINT32_MAX

#define SOURCES_SHOWN 95u /* at least */

static struct plic_vm *plic_of(struct axvm *vm)
{
	return &vm->arch.plic;
}

static bool test(const uint32_t *words, uint32_t irq)
{
	return words[irq / 32] >> irq % 32 & 1;
}

static uint32_t load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static void store(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static void set_word(struct plic_set *set, uint32_t n, uint32_t value)
{
	store(&set->word[n], value);
	set->summary &= ~(1u << n);
	set->summary |= (uint32_t)(value != 0) << n;
}

/* The lowest source that is in both; 0: none. */
static uint32_t first_common(const struct plic_set *a, const struct plic_set *b)
{
	for (uint32_t words = a->summary & b->summary; words; words &= words - 1) {
		uint32_t n = (uint32_t)__builtin_ctz(words);
		uint32_t both = a->word[n] & b->word[n];

		if (both)
			return n * 32 + (uint32_t)__builtin_ctz(both);
	}
	return 0;
}

/* The source that a context is to serve next, of those with a priority above `above`; 0: none. Of
 * equal priorities the lowest number wins ("Interrupt Priorities"). */
static uint32_t best(const struct plic_vm *p, const struct plic_context *c, uint32_t above)
{
	uint32_t ranks = p->ranks & ((1u << (PLIC_PRIO_MAX - above)) - 1);

	for (; ranks; ranks &= ranks - 1) {
		uint32_t irq = first_common(&p->pending[__builtin_ctz(ranks)], &c->enabled);

		if (irq)
			return irq;
	}
	return 0;
}

static void update(struct axvm *vm, uint32_t n)
{
	struct plic_vm *p = plic_of(vm);
	const struct plic_context *c = &p->context[n];
	bool on = best(p, c, c->threshold) != 0;

	if (on == (p->external >> n & 1))
		return;
	p->external ^= UINT64_C(1) << n;
	riscv64_set_external(&vm->vcpus[n], on);
}

/* Something about a source has changed. */
static void update_enabled(struct axvm *vm, uint32_t irq)
{
	for (uint32_t n = 0; n < vm->vcpu_num; n++)
		if (test(plic_of(vm)->context[n].enabled.word, irq))
			update(vm, n);
}

static void set_pending(struct plic_vm *p, uint32_t irq, bool pending)
{
	uint32_t rank = PLIC_PRIO_MAX - p->priority[irq];
	struct plic_set *set = &p->pending[rank];
	uint32_t bit = 1u << irq % 32, old = set->word[irq / 32];

	set_word(set, irq / 32, pending ? old | bit : old & ~bit);
	store(&p->ranks, (p->ranks & ~(1u << rank)) | (uint32_t)(set->summary != 0) << rank);
}

static bool is_pending(const struct plic_vm *p, uint32_t irq)
{
	return test(p->pending[PLIC_PRIO_MAX - p->priority[irq]].word, irq);
}

/* ---- The gateways ---- */

static void request(struct axvm *vm, uint32_t irq)
{
	if (is_pending(plic_of(vm), irq))
		return;
	set_pending(plic_of(vm), irq, true);
	update_enabled(vm, irq);
}

bool plic_irq_valid(const struct axvm *vm, uint32_t irq)
{
	return vm->arch.plic.present && irq > 0 && irq < PLIC_SOURCES;
}

void plic_set_line(struct axvm *vm, uint32_t irq, bool level)
{
	struct plic_vm *p = plic_of(vm);
	uint32_t bit = 1u << irq % 32, n = irq / 32;

	if (!plic_irq_valid(vm, irq))
		return;
	lock_take(&p->lock);
	p->line[n] = level ? p->line[n] | bit : p->line[n] & ~bit;
	/* A request that has been made stays when the line falls. */
	if (level && !test(p->claimed, irq))
		request(vm, irq);
	lock_drop(&p->lock);
}

void plic_inject(struct axvm *vm, uint32_t irq)
{
	struct plic_vm *p = plic_of(vm);

	if (!plic_irq_valid(vm, irq))
		return;
	lock_take(&p->lock);
	if (test(p->claimed, irq))
		p->latched[irq / 32] |= 1u << irq % 32;
	else
		request(vm, irq);
	lock_drop(&p->lock);
}

/* The threshold has no part in it ("Interrupt Claim Process"). */
static uint32_t claim(struct axvm *vm, uint32_t n)
{
	struct plic_vm *p = plic_of(vm);
	uint32_t irq;

	if (!load(&p->ranks))
		return 0;
	lock_take(&p->lock);
	irq = best(p, &p->context[n], 0);
	if (irq) {
		set_pending(p, irq, false);
		p->claimed[irq / 32] |= 1u << irq % 32;
		update_enabled(vm, irq);
	}
	lock_drop(&p->lock);
	return irq;
}

/* Of a source that is not enabled for the context it is ignored ("Interrupt Completion"). */
static void complete(struct axvm *vm, uint32_t n, uint32_t irq)
{
	struct plic_vm *p = plic_of(vm);
	uint32_t bit = 1u << irq % 32, word = irq / 32;

	if (irq >= PLIC_SOURCES || !test(p->context[n].enabled.word, irq) || !test(p->claimed, irq))
		return;
	p->claimed[word] &= ~bit;
	if ((p->line[word] | p->latched[word]) & bit)
		request(vm, irq);
	p->latched[word] &= ~bit;
}

/* ---- Registers ---- */

static uint32_t read_pending(const struct plic_vm *p, uint32_t n)
{
	uint32_t value = 0;

	for (unsigned rank = 0; rank < PLIC_RANKS; rank++)
		value |= load(&p->pending[rank].word[n]);
	return value;
}

/* The vCPU whose S-mode context it is; AXVM_NO_ID: no context. */
static uint32_t context_owner(const struct axvm *vm, uint64_t context)
{
	return context % 2 && context / 2 < vm->vcpu_num ? (uint32_t)(context / 2) : AXVM_NO_ID;
}

static uint32_t read_context(struct axvm *vm, uint64_t offset)
{
	uint32_t n = context_owner(vm, offset / CONTEXT_STRIDE);

	if (n == AXVM_NO_ID)
		return 0;
	switch (offset % CONTEXT_STRIDE) {
	case THRESHOLD:
		return load(&plic_of(vm)->context[n].threshold);
	case CLAIM:
		return claim(vm, n);
	default:
		return 0;
	}
}

static uint32_t read_enable(struct axvm *vm, uint64_t offset)
{
	uint32_t n = context_owner(vm, offset / ENABLE_STRIDE);

	if (n == AXVM_NO_ID)
		return 0;
	return load(&plic_of(vm)->context[n].enabled.word[offset % ENABLE_STRIDE / 4]);
}

static uint32_t read_other(struct axvm *vm, uint64_t offset)
{
	if (offset >= CONTEXT_BASE)
		return read_context(vm, offset - CONTEXT_BASE);
	if (offset < PENDING_BASE + PLIC_SOURCES / 8)
		return read_pending(plic_of(vm), (offset - PENDING_BASE) / 4);
	if (offset >= ENABLE_BASE && offset < ENABLE_END)
		return read_enable(vm, offset - ENABLE_BASE);
	return 0;
}

static uint64_t plic_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu)
{
	struct axvm *vm = opaque;

	(void)vcpu;
	if (width != 4 || offset % 4)
		return 0;
	if (offset < PENDING_BASE)
		return __atomic_load_n(&plic_of(vm)->priority[offset / 4], __ATOMIC_RELAXED);
	return read_other(vm, offset);
}

/* Registers keep the bits that they have: three of a priority and of a threshold. */
static void write_priority(struct axvm *vm, uint32_t irq, uint32_t value)
{
	struct plic_vm *p = plic_of(vm);
	bool pending = is_pending(p, irq);

	if (irq == 0)
		return;
	if (pending)
		set_pending(p, irq, false);
	__atomic_store_n(&p->priority[irq], (uint8_t)(value & PLIC_PRIO_MAX), __ATOMIC_RELAXED);
	if (!pending)
		return;
	set_pending(p, irq, true);
	update_enabled(vm, irq);
}

static void write_enable(struct axvm *vm, uint64_t offset, uint32_t value)
{
	uint32_t n = context_owner(vm, offset / ENABLE_STRIDE);
	uint32_t word = offset % ENABLE_STRIDE / 4;

	if (n == AXVM_NO_ID)
		return;
	set_word(&plic_of(vm)->context[n].enabled, word, word ? value : value & ~1u);
	update(vm, n);
}

static void write_context(struct axvm *vm, uint64_t offset, uint32_t value)
{
	uint32_t n = context_owner(vm, offset / CONTEXT_STRIDE);

	if (n == AXVM_NO_ID)
		return;
	switch (offset % CONTEXT_STRIDE) {
	case THRESHOLD:
		store(&plic_of(vm)->context[n].threshold, value & PLIC_PRIO_MAX);
		update(vm, n);
		return;
	case CLAIM:
		complete(vm, n, value);
		return;
	default:
		return;
	}
}

static void plic_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
		       struct axvm_vcpu *vcpu)
{
	struct axvm *vm = opaque;

	(void)vcpu;
	if (width != 4 || offset % 4)
		return;
	lock_take(&plic_of(vm)->lock);
	if (offset >= CONTEXT_BASE)
		write_context(vm, offset - CONTEXT_BASE, (uint32_t)value);
	else if (offset < PENDING_BASE)
		write_priority(vm, (uint32_t)offset / 4, (uint32_t)value);
	else if (offset >= ENABLE_BASE && offset < ENABLE_END)
		write_enable(vm, offset - ENABLE_BASE, (uint32_t)value);
	lock_drop(&plic_of(vm)->lock);
}

/* ---- Building it ---- */

enum axvm_error plic_vm_init(struct axvm *vm, struct axvm_diag *diag)
{
	const struct axvm_emu_device *plic = device_config_find(&vm->config, AXVM_EMU_PLIC);
	struct bus_range range = { .read = plic_read, .write = plic_write, .opaque = vm };
	enum axvm_error err;

	if (vm->config.interrupt_mode == AXVM_INTERRUPT_NONE || !plic)
		return AXVM_OK;
	range.base = plic->base_gpa;
	range.length = CONTEXT_BASE + 2 * (uint64_t)vm->vcpu_num * CONTEXT_STRIDE;
	if (plic->length < range.length)
		return device_config_refuse(diag, "the PLIC needs 2 MiB, and 8 KiB per vCPU",
					    "length", plic->length);
	range.length = plic->length;
	err = bus_add(&vm->bus, &range);
	plic_of(vm)->present = !err;
	return err;
}

void plic_vm_reset(struct axvm *vm)
{
	struct plic_vm *p = plic_of(vm);
	uint64_t external;

	if (!p->present)
		return;
	lock_take(&p->lock);
	external = p->external;
	p->ranks = 0;
	p->external = 0;
	memset(p->pending, 0, sizeof(p->pending));
	memset(p->line, 0, sizeof(p->line));
	memset(p->claimed, 0, sizeof(p->claimed));
	memset(p->latched, 0, sizeof(p->latched));
	memset(p->priority, 0, sizeof(p->priority));
	memset(p->context, 0, sizeof(p->context));
	for (; external; external &= external - 1)
		riscv64_set_external(&vm->vcpus[__builtin_ctzll(external)], false);
	lock_drop(&p->lock);
}

/* ---- Device tree: interrupt-controller/sifive,plic-1.0.0.yaml ---- */

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static int put_contexts(struct axvm *vm, void *fdt)
{
	uint32_t cells[4 * AXVM_MAX_VCPUS], *at = cells;

	for (uint32_t n = 0; n < vm->vcpu_num; n++) {
		*at++ = RISCV64_CPU_PHANDLE(n);
		*at++ = HART_NONE;
		*at++ = RISCV64_CPU_PHANDLE(n);
		*at++ = HART_SUPERVISOR_EXTERNAL;
	}
	return fdt_put_cells(fdt, "interrupts-extended", cells, 4 * vm->vcpu_num);
}

/*
 * Guests set up each source that the tree promises, with several accesses: so it has as many as
 * QEMU's board has, and more only where a device is wired to one of them.
 */
static uint32_t last_source(const struct axvm_config *config)
{
	uint32_t last = SOURCES_SHOWN;

	for (uint32_t i = 0; i < config->emu_device_num; i++)
		last = larger(last, config->emu_devices[i].irq_id);
	for (uint32_t i = 0; i < config->pass_through_device_num; i++)
		last = larger(last, config->pass_through_devices[i].irq_id);
	for (uint32_t i = 0; i < config->ivc_channel_num; i++)
		last = larger(last, config->ivc_channels[i].irq_id);
	return last;
}

int plic_fdt(struct axvm *vm, void *fdt)
{
	static const char compatible[] = "sifive,plic-1.0.0\0riscv,plic0";
	const struct axvm_emu_device *plic = device_config_find(&vm->config, AXVM_EMU_PLIC);

	if (!plic_of(vm)->present)
		return 0;
	FDT_TRY(fdt_begin_node(fdt, "interrupt-controller"));
	FDT_TRY(fdt_property(fdt, "compatible", compatible, sizeof(compatible)));
	FDT_TRY(fdt_property_u32(fdt, "#interrupt-cells", 1));
	FDT_TRY(fdt_property_u32(fdt, "#address-cells", 0));
	FDT_TRY(fdt_property(fdt, "interrupt-controller", "", 0));
	FDT_TRY(fdt_put_reg(fdt, plic->base_gpa, plic->length));
	FDT_TRY(put_contexts(vm, fdt));
	FDT_TRY(fdt_property_u32(fdt, "riscv,ndev", last_source(&vm->config)));
	return fdt_property_u32(fdt, "phandle", FDT_INTC_PHANDLE) ?: fdt_end_node(fdt);
}
