/* SPDX-License-Identifier: Apache-2.0 */
/* State of the interrupt controller: building it, injection, SGIs, routing. */
#include "device_config.h"
#include "vgic_ich.h"
#include "vgic_state.h"
#include <string.h>

#define GICD_SIZE	0x10000u
#define GICR_FRAME_SIZE 0x20000u
#define INTID_SPECIAL	1020u

struct vgic_hardware vgic_hw = {
	.lrs = 1, .lr_num = 1, .apr_num = 1, .pre_bits = 5, .prio_mask = 0xf8
};

void vgic_hardware_enable(void)
{
	uint64_t vtr = ich_read(ICH_VTR);
	unsigned pre_bits = (vtr >> ICH_VTR_PREBITS & 7) + 1;

	vgic_hw.lr_num = (vtr & 0xf) + 1;
	vgic_hw.lrs = (1u << vgic_hw.lr_num) - 1;
	vgic_hw.pre_bits = pre_bits;
	vgic_hw.apr_num = pre_bits <= 5 ? 1 : 1 << (pre_bits - 5);
	vgic_hw.prio_mask = (uint8_t)(0xff << (7 - (vtr >> ICH_VTR_PRIBITS & 7)));
	vgic_hw.tdir = vtr & ICH_VTR_TDS;
	ich_write(ICH_HCR, 0);
	for (unsigned i = 0; i < vgic_hw.lr_num; i++)
		ich_write(ICH_LR0 + i, 0);
}

static struct vgic_cluster *find_cluster(struct vgic_vm *g, uint32_t key)
{
	uint32_t guess = key & 0xf; /* Aff1 and up are 0 on most small machines */

	if (guess < g->cluster_num && g->cluster[guess].key == key)
		return &g->cluster[guess];
	for (uint32_t i = 0; i < g->cluster_num; i++)
		if (g->cluster[i].key == key)
			return &g->cluster[i];
	return NULL;
}

static unsigned find_cpu(struct vgic_vm *g, uint32_t affinity)
{
	struct vgic_cluster *cluster = find_cluster(g, affinity >> 4);

	if (!cluster || !(cluster->present >> (affinity & 0xf) & 1))
		return VGIC_NO_CPU;
	return cluster->cpu[affinity & 0xf];
}

static bool add_cpu(struct vgic_vm *g, unsigned cpu, uint32_t affinity)
{
	struct vgic_cluster *cluster = find_cluster(g, affinity >> 4);

	if (find_cpu(g, affinity) != VGIC_NO_CPU)
		return false;
	if (!cluster) {
		cluster = &g->cluster[g->cluster_num++];
		cluster->key = affinity >> 4;
	}
	cluster->present |= 1u << (affinity & 0xf);
	cluster->cpu[affinity & 0xf] = cpu;
	g->affinity[cpu] = affinity;
	return true;
}

/* MPIDR_EL1's layout (Aff3 in bits 39 to 32) as one word. */
static uint32_t pack_affinity(uint64_t mpidr)
{
	return (mpidr >> 8 & 0xff000000) | (mpidr & 0xffffff);
}

static void init_redist(struct axvm_vcpu *vcpu)
{
	struct vgic_bank *bank = &vcpu->arch.vgic.bank;

	bank->valid = UINT32_MAX;
	bank->edge = 0xffff; /* SGIs */
	memset(bank->target, (int)vcpu->id, sizeof(bank->target));
	memset(bank->owner, (int)vcpu->id, sizeof(bank->owner));
	vcpu->arch.vgic.asleep = true;
}

static enum axvm_error add_cpus(struct axvm *vm, struct axvm_diag *diag)
{
	struct vgic_vm *g = vgic_of(vm);

	g->cpu_num = vm->vcpu_num;
	for (uint32_t i = 0; i < g->cpu_num; i++) {
		init_redist(&vm->vcpus[i]);
		if (!add_cpu(g, i, pack_affinity(vm->vcpus[i].phys_id)))
			return device_config_refuse(diag, "two vCPUs have the same hardware id",
						    "id", vm->vcpus[i].phys_id);
	}
	return AXVM_OK;
}

static void init_spis(struct vgic_vm *g, uint32_t spi_num)
{
	g->intid_end = VGIC_SPI_BASE + spi_num;
	if (g->intid_end > INTID_SPECIAL)
		g->intid_end = INTID_SPECIAL;
	g->bank_num = (g->intid_end + 31) / 32;
	for (unsigned n = 1; n < g->bank_num; n++) {
		struct vgic_bank *bank = &g->spi[n - 1];
		unsigned exist = g->intid_end - n * 32;

		bank->number = n;
		bank->valid = exist >= 32 ? UINT32_MAX : (1u << exist) - 1;
		memset(bank->owner, VGIC_NO_CPU, sizeof(bank->owner));
		for (unsigned i = 0; i < 32; i++)
			bank->target[i] = find_cpu(g, 0);
	}
}

static enum axvm_error add_ranges(struct axvm *vm, const struct axvm_emu_device *gicd,
				  const struct axvm_emu_device *gicr, struct axvm_diag *diag)
{
	struct bus_range dist = { .base = gicd->base_gpa,
				  .length = GICD_SIZE,
				  .read = vgic_dist_read,
				  .write = vgic_dist_write,
				  .opaque = vm };
	struct bus_range redist = { .base = gicr->base_gpa,
				    .length = (uint64_t)vm->vcpu_num * GICR_FRAME_SIZE,
				    .read = vgic_redist_read,
				    .write = vgic_redist_write,
				    .opaque = vm };
	enum axvm_error err;

	if (gicd->length < dist.length)
		return device_config_refuse(diag, "the distributor needs 64 KiB", "length",
					    gicd->length);
	if (gicr->length < redist.length)
		return device_config_refuse(diag, "the redistributors need 128 KiB per vCPU",
					    "length", gicr->length);
	err = bus_add(&vm->bus, &dist);
	return err ? err : bus_add(&vm->bus, &redist);
}

enum axvm_error vgic_vm_init(struct axvm *vm, struct axvm_diag *diag)
{
	const struct axvm_emu_device *gicd = device_config_find(&vm->config, AXVM_EMU_GICD);
	const struct axvm_emu_device *gicr = device_config_find(&vm->config, AXVM_EMU_GICR);
	struct vgic_vm *g = vgic_of(vm);
	enum axvm_error err;

	memset(g, 0, sizeof(*g));
	if (vm->config.interrupt_mode == AXVM_INTERRUPT_NONE || (!gicd && !gicr))
		return AXVM_OK;
	if (!gicd || !gicr)
		return device_config_refuse(diag, "a distributor and redistributors go together",
					    "missing type", gicd ? AXVM_EMU_GICR : AXVM_EMU_GICD);
	err = add_cpus(vm, diag);
	if (err)
		return err;
	init_spis(g, axvm_machine_get(AXVM_ARCH_AARCH64)->spi_max);
	err = add_ranges(vm, gicd, gicr, diag);
	g->present = !err;
	return err;
}

void vgic_vm_reset(struct axvm *vm)
{
	struct vgic_vm *g = vgic_of(vm);

	vgic_lock(vm);
	for (uint32_t i = 0; i < g->cpu_num; i++) {
		memset(&vm->vcpus[i].arch.vgic, 0, sizeof(vm->vcpus[i].arch.vgic));
		init_redist(&vm->vcpus[i]);
	}
	memset(g->spi, 0, sizeof(g->spi));
	g->group0_on = 0;
	g->group1_on = 0;
	g->first_awake = 0;
	g->kick = 0;
	if (g->present)
		init_spis(g, g->intid_end - VGIC_SPI_BASE);
	vgic_unlock(vm, NULL);
}

void vgic_vcpu_reset(struct axvm_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;

	v->vmcr = 0;
	memset(v->ap0r, 0, sizeof(v->ap0r));
	memset(v->ap1r, 0, sizeof(v->ap1r));
}

void vgic_tell(struct axvm *vm, struct axvm_vcpu *self)
{
	struct vgic_vm *g = vgic_of(vm);
	uint64_t kick;

	if (self && g->kick >> self->id & 1) {
		vgic_lr_sync(self);
		g->kick &= ~(1ull << self->id);
	}
	kick = g->kick;
	g->kick = 0;
	lock_drop(&g->lock);
	for (; kick; kick &= kick - 1)
		vcpu_notify(&vm->vcpus[__builtin_ctzll(kick)], VCPU_REQ_IRQ);
}

static void set_ready(struct axvm *vm, struct vgic_bank *bank, unsigned i, bool on)
{
	unsigned cpu = bank->target[i];
	struct vgic_vcpu *v;
	uint32_t banks;

	if (cpu == VGIC_NO_CPU)
		return;
	v = vgic_cpu(vm, cpu);
	banks = v->ready_banks;
	if (on) {
		v->ready[bank->number] |= 1u << i;
		banks |= 1u << bank->number;
		vgic_of(vm)->kick |= 1ull << cpu;
	} else {
		v->ready[bank->number] &= ~(1u << i);
		if (!v->ready[bank->number])
			banks &= ~(1u << bank->number);
	}
	__atomic_store_n(&v->ready_banks, banks, __ATOMIC_RELAXED);
}

void vgic_update(struct axvm *vm, struct vgic_bank *bank)
{
	uint32_t ready = vgic_deliverable(vgic_of(vm), bank) & vgic_pending(bank) &
			 ~(bank->active | bank->in_lr);
	uint32_t diff = ready ^ bank->ready;

	bank->ready = ready;
	for (; diff; diff &= diff - 1) {
		unsigned i = __builtin_ctz(diff);

		set_ready(vm, bank, i, ready >> i & 1);
	}
}

void vgic_changed(struct axvm *vm, struct vgic_bank *bank, uint32_t bits)
{
	for (bits &= bank->in_lr; bits; bits &= bits - 1) {
		unsigned cpu = bank->owner[__builtin_ctz(bits)];

		vgic_cpu(vm, cpu)->refold = true;
		vgic_of(vm)->kick |= 1ull << cpu;
	}
}

void vgic_reordered(struct axvm *vm, struct vgic_bank *bank, uint32_t bits)
{
	vgic_changed(vm, bank, bits);
	for (bits &= bank->ready; bits; bits &= bits - 1) {
		unsigned cpu = bank->target[__builtin_ctz(bits)];

		if (cpu == VGIC_NO_CPU)
			continue;
		vgic_cpu(vm, cpu)->refold = true;
		vgic_of(vm)->kick |= 1ull << cpu;
	}
}

void vgic_learn(struct axvm *vm, struct vgic_bank *bank, struct axvm_vcpu *self)
{
	uint64_t mine = 1ull << self->id;
	bool held = bank == &self->arch.vgic.bank && self->arch.vgic.vtimer_held;

	if (!bank->in_lr && !held)
		return;
	vgic_changed(vm, bank, bank->in_lr);
	if (held || vgic_of(vm)->kick & mine) {
		vgic_lr_resort(self);
		vgic_of(vm)->kick &= ~mine;
	}
}

static void note_active(struct axvm *vm, struct vgic_bank *bank, unsigned i, bool on)
{
	unsigned cpu = bank->owner[i];
	struct vgic_vcpu *v;

	if (cpu == VGIC_NO_CPU)
		return;
	v = vgic_cpu(vm, cpu);
	if (on) {
		v->act[bank->number] |= 1u << i;
		v->act_banks |= 1u << bank->number;
		vgic_of(vm)->kick |= 1ull << cpu;
	} else {
		v->act[bank->number] &= ~(1u << i);
		if (!v->act[bank->number])
			v->act_banks &= ~(1u << bank->number);
	}
}

void vgic_set_active(struct axvm *vm, struct vgic_bank *bank, uint32_t bits)
{
	uint32_t fresh = bits & ~bank->active & ~bank->in_lr;

	bank->active |= bits;
	for (; fresh; fresh &= fresh - 1) {
		unsigned i = __builtin_ctz(fresh);

		bank->owner[i] = bank->target[i];
		note_active(vm, bank, i, true);
	}
	vgic_changed(vm, bank, bits);
	vgic_update(vm, bank);
}

/* The physical timer interrupt may have to be let go. */
static void recheck_vtimer(struct axvm *vm, struct vgic_bank *bank, uint32_t bits)
{
	unsigned cpu = bank->owner[VGIC_VTIMER_INTID];

	if (bank->number || !(bits & VGIC_VTIMER_BIT) || !vgic_cpu(vm, cpu)->vtimer_held)
		return;
	vgic_cpu(vm, cpu)->refold = true;
	vgic_of(vm)->kick |= 1ull << cpu;
}

void vgic_clear_active(struct axvm *vm, struct vgic_bank *bank, uint32_t bits)
{
	uint32_t gone = bits & bank->active & ~bank->in_lr;

	bank->active &= ~bits;
	bank->lr_active &= ~bits;
	bank->lr_drop |= bits & bank->in_lr;
	for (; gone; gone &= gone - 1)
		note_active(vm, bank, __builtin_ctz(gone), false);
	recheck_vtimer(vm, bank, bits);
	vgic_changed(vm, bank, bits);
	vgic_update(vm, bank);
}

void vgic_set_pending(struct axvm *vm, struct vgic_bank *bank, uint32_t bits)
{
	bank->pend |= bits;
	if (bank->number)
		vgic_changed(vm, bank, bits);
	else if (bank->in_lr & bits) /* vgic_lr_sync() looks for it */
		vgic_of(vm)->kick |= 1ull << bank->owner[0];
	vgic_update(vm, bank);
}

void vgic_clear_pending(struct axvm *vm, struct vgic_bank *bank, uint32_t bits)
{
	bank->pend &= ~bits;
	bank->lr_latch &= ~bits;
	bank->lr_pend &= ~bits;
	recheck_vtimer(vm, bank, bits);
	vgic_changed(vm, bank, bits);
	vgic_update(vm, bank);
}

void vgic_route(struct axvm *vm, struct vgic_bank *bank, unsigned i)
{
	struct vgic_vm *g = vgic_of(vm);
	bool any = bank->any >> i & 1;
	unsigned cpu = any ? g->first_awake : find_cpu(g, bank->affinity[i]);

	if (cpu == bank->target[i])
		return;
	if (bank->ready >> i & 1)
		set_ready(vm, bank, i, false);
	bank->target[i] = cpu;
	if (bank->ready >> i & 1)
		set_ready(vm, bank, i, true);
	vgic_changed(vm, bank, 1u << i);
}

void vgic_set_asleep(struct axvm *vm, unsigned cpu, bool asleep)
{
	struct vgic_vm *g = vgic_of(vm);
	unsigned first = 0;

	vgic_cpu(vm, cpu)->asleep = asleep;
	while (first < g->cpu_num && vgic_cpu(vm, first)->asleep)
		first++;
	g->first_awake = first < g->cpu_num ? first : 0;
	for (unsigned n = 1; n < g->bank_num; n++)
		for (uint32_t any = g->spi[n - 1].any; any; any &= any - 1)
			vgic_route(vm, &g->spi[n - 1], __builtin_ctz(any));
}

void vgic_enable_groups(struct axvm *vm, bool group0, bool group1)
{
	struct vgic_vm *g = vgic_of(vm);
	uint32_t on0 = group0 ? UINT32_MAX : 0;
	uint32_t on1 = group1 ? UINT32_MAX : 0;

	if (on0 == g->group0_on && on1 == g->group1_on)
		return;
	g->group0_on = on0;
	g->group1_on = on1;
	for (unsigned n = 0; n < g->cpu_num; n++) {
		vgic_changed(vm, &vgic_cpu(vm, n)->bank, UINT32_MAX);
		vgic_update(vm, &vgic_cpu(vm, n)->bank);
	}
	for (unsigned n = 1; n < g->bank_num; n++) {
		vgic_changed(vm, &g->spi[n - 1], UINT32_MAX);
		vgic_update(vm, &g->spi[n - 1]);
	}
}

static void send_sgi(struct axvm_vcpu *self, unsigned cpu, unsigned intid, unsigned group)
{
	struct vgic_bank *bank = &vgic_cpu(self->vm, cpu)->bank;

	if ((bank->group >> intid & 1) != group)
		return;
	if (cpu != self->id || !vgic_lr_quick(self, intid, 0))
		vgic_set_pending(self->vm, bank, 1u << intid);
}

static void send_sgi_list(struct axvm_vcpu *self, uint64_t value, unsigned intid, unsigned group)
{
	uint32_t key = (value >> 48 & 0xff) << 20 | (value >> 32 & 0xff) << 12 |
		       (value >> 16 & 0xff) << 4 | (value >> 44 & 0xf);
	struct vgic_cluster *cluster = find_cluster(vgic_of(self->vm), key);
	uint32_t list;

	if (!cluster)
		return;
	for (list = value & cluster->present; list; list &= list - 1)
		send_sgi(self, cluster->cpu[__builtin_ctz(list)], intid, group);
}

void vgic_sgi(struct axvm_vcpu *vcpu, uint64_t value, unsigned group)
{
	struct axvm *vm = vcpu->vm;
	unsigned intid = value >> 24 & 0xf;

	vgic_lock(vm);
	if (value >> 40 & 1) { /* IRM: all but self */
		for (unsigned n = 0; n < vgic_of(vm)->cpu_num; n++)
			if (n != vcpu->id)
				send_sgi(vcpu, n, intid, group);
	} else {
		send_sgi_list(vcpu, value, intid, group);
	}
	vgic_unlock(vm, vcpu);
}

bool vgic_irq_valid(const struct axvm *vm, uint32_t intid)
{
	return vm->arch.vgic.present && intid < vm->arch.vgic.intid_end;
}

void vgic_inject(struct axvm_vcpu *vcpu, uint32_t intid)
{
	if (!vgic_irq_valid(vcpu->vm, intid))
		return;
	vgic_lock(vcpu->vm);
	vgic_set_pending(vcpu->vm, vgic_bank(vcpu, intid / 32), 1u << intid % 32);
	vgic_unlock(vcpu->vm, NULL);
}

void vgic_set_level(struct axvm *vm, struct vgic_bank *bank, uint32_t bit, bool level)
{
	if (!!(bank->line & bit) == level)
		return;
	bank->line ^= bit;
	if (level)
		bank->pend |= bit & bank->edge;
	vgic_changed(vm, bank, bit);
	vgic_update(vm, bank);
}

void vgic_set_line(struct axvm *vm, uint32_t intid, bool level)
{
	if (intid < VGIC_SPI_BASE || !vgic_irq_valid(vm, intid))
		return;
	vgic_lock(vm);
	vgic_set_level(vm, &vgic_of(vm)->spi[intid / 32 - 1], 1u << intid % 32, level);
	vgic_unlock(vm, NULL);
}

void vgic_set_ppi(struct axvm_vcpu *vcpu, uint32_t intid, bool level)
{
	/* Nobody else changes its line. */
	if ((vcpu->arch.vgic.bank.line >> intid % 32 & 1) == level)
		return;
	vgic_lock(vcpu->vm);
	vgic_set_level(vcpu->vm, &vcpu->arch.vgic.bank, 1u << intid % 32, level);
	vgic_unlock(vcpu->vm, NULL);
}

static void vtimer_pending(struct axvm_vcpu *vcpu)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;

	v->refold |= !!(v->bank.in_lr & VGIC_VTIMER_BIT); /* to be bound to the physical one */
	vgic_set_pending(vcpu->vm, &v->bank, VGIC_VTIMER_BIT);
}

void vgic_vtimer_fired(struct axvm_vcpu *vcpu, uint32_t pintid)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;
	bool quick;

	vgic_lock(vcpu->vm);
	quick = vgic_lr_quick(vcpu, VGIC_VTIMER_INTID, vgic_lr_hw(pintid));
	if (!quick)
		vgic_lr_retire(vcpu); /* the one before may have just been deactivated */
	v->vtimer_held = true;
	v->vtimer_pintid = pintid;
	if (!quick)
		vtimer_pending(vcpu);
	vgic_unlock(vcpu->vm, vcpu);
}

static bool ready_taken(struct axvm_vcpu *vcpu, uint64_t vmcr, unsigned running)
{
	struct vgic_vcpu *v = &vcpu->arch.vgic;

	for (uint32_t banks = v->ready_banks; banks; banks &= banks - 1) {
		unsigned n = __builtin_ctz(banks);
		struct vgic_bank *bank = vgic_bank(vcpu, n);

		for (uint32_t bits = v->ready[n]; bits; bits &= bits - 1) {
			unsigned i = __builtin_ctz(bits);

			if (vgic_lr_takes(vmcr, running, bank->prio[i], bank->group >> i & 1))
				return true;
		}
	}
	return false;
}

/*
 * The fence pairs with vcpu_notify(): whoever makes an interrupt ready and then finds the vCPU not
 * yet halted has made it ready before this looks.
 */
bool vgic_irq_pending(const struct axvm_vcpu *vcpu)
{
	const struct vgic_vcpu *v = &vcpu->arch.vgic;
	bool live = v->loaded == ich_read(CPU_SELF);
	uint64_t vmcr = live ? ich_read(ICH_VMCR) : v->vmcr;
	unsigned running = vgic_lr_running(v, live);
	bool taken;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (live && v->lr_used && vgic_lr_pending(v, vmcr, running))
		return true;
	if (!__atomic_load_n(&v->ready_banks, __ATOMIC_RELAXED))
		return false;
	vgic_lock(vcpu->vm);
	taken = ready_taken(&vcpu->vm->vcpus[vcpu->id], vmcr, running);
	vgic_unlock(vcpu->vm, NULL);
	return taken;
}
