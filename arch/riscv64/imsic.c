/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's IMSIC (AIA 3, 6.1). A vCPU that is bound to a CPU has one of that CPU's guest
 * interrupt files, and its page of guest-physical memory leads there: messages of other vCPUs
 * reach it without an exit. It keeps the file when it is unbound, until another vCPU needs it (it
 * is evicted: messages are noted in imsic_vcpu.eip then) or until it is bound to another CPU. Only
 * the CPU that has a file can read it: whoever moves away leaves it behind, and that CPU sends what
 * had arrived there after it. Of one that is bound to no CPU everything but its pending bits is
 * known here.
 */
#include "aia.h"
#include "imsic_csr.h"
#include <string.h>

#define FILE_NUM      16u /* of a CPU; number 0 is none */
#define HSTATUS_VGEIN (UINT64_C(0x3f) << HSTATUS_VGEIN_SHIFT)
#define SETEIPNUM_LE  0x0u
#define SETEIPNUM_BE  0x4u

/* Changed by its own CPU, but for vCPUs that are released, and for `left`; under files_lock. */
static struct imsic_cpu {
	struct axvm_vcpu *owner[FILE_NUM];
	uint32_t left; /* bit n: the owner of file n has another one now */
	uint32_t last; /* that has been evicted */
} cpus[AXVM_MAX_PCPUS];

/* Taken when a file changes hands, before any lock of a VM. */
static struct lock files_lock;

static uint32_t bit_of(uint32_t file)
{
	return UINT32_C(1) << file;
}

static uint32_t file_num(void)
{
	return riscv64_host.guest_file_num < FILE_NUM ? riscv64_host.guest_file_num : FILE_NUM - 1;
}

static axvm_gpa_t page_of(const struct axvm_vcpu *vcpu)
{
	return axvm_gpa(vcpu->vm->arch.imsic.base + vcpu->id * UINT64_C(0x1000));
}

/* ---- The registers of a file of this CPU ---- */

/* What selects them is the live guest's. */
struct selection {
	uint64_t hstatus, select;
};

static struct selection file_open(uint32_t file)
{
	struct selection was = { imsic_hstatus_read(), imsic_select_read() };

	imsic_hstatus_write((was.hstatus & ~HSTATUS_VGEIN) | (uint64_t)file << HSTATUS_VGEIN_SHIFT);
	return was;
}

static void file_close(struct selection was)
{
	imsic_hstatus_write(was.hstatus);
	imsic_select_write(was.select);
}

static uint64_t file_read(unsigned reg)
{
	imsic_select_write(reg);
	return imsic_reg_read();
}

static void file_write(unsigned reg, uint64_t value)
{
	imsic_select_write(reg);
	imsic_reg_write(value);
}

/* Nothing of an earlier owner that file_load() leaves: pending interrupts, and identities that
 * guests are not told of. */
static void file_clear(void)
{
	file_write(IMSIC_EIDELIVERY, 0);
	for (unsigned k = 0; k <= riscv64_host.guest_id_num / 64; k++) {
		file_write(IMSIC_EIE + 2 * k, 0);
		file_write(IMSIC_EIP + 2 * k, 0);
	}
}

/* eidelivery last: the interrupts of a vCPU come all at once. */
static void file_load(const struct imsic_vcpu *v, const uint64_t eip[IMSIC_WORDS])
{
	for (unsigned k = 0; k < IMSIC_WORDS; k++) {
		file_write(IMSIC_EIE + 2 * k, v->eie[k]);
		imsic_select_write(IMSIC_EIP + 2 * k);
		imsic_reg_set(eip[k]);
	}
	file_write(IMSIC_EITHRESHOLD, v->eithreshold);
	file_write(IMSIC_EIDELIVERY, v->eidelivery);
}

static void file_save(struct imsic_vcpu *v)
{
	for (unsigned k = 0; k < IMSIC_WORDS; k++)
		v->eie[k] = file_read(IMSIC_EIE + 2 * k);
	v->eithreshold = file_read(IMSIC_EITHRESHOLD);
	v->eidelivery = file_read(IMSIC_EIDELIVERY);
}

static uint64_t file_take_pending(unsigned k)
{
	imsic_select_write(IMSIC_EIP + 2 * k);
	return imsic_reg_clear_all();
}

/* ---- Messages ---- */

/* What waits here would interrupt the vCPU (AIA 3.10); it is not bound. */
static bool deliverable(const struct imsic_vcpu *v)
{
	for (unsigned k = 0; v->eidelivery == 1 && k < IMSIC_WORDS; k++) {
		uint64_t bits = __atomic_load_n(&v->eip[k], __ATOMIC_RELAXED) & v->eie[k];

		if (bits)
			return v->eithreshold == 0 ||
			       64 * k + (unsigned)__builtin_ctzll(bits) < v->eithreshold;
	}
	return false;
}

void imsic_send(struct axvm_vcpu *vcpu, uint32_t id)
{
	struct imsic_vcpu *v = &vcpu->arch.imsic;
	bool wake = false;

	if (id == 0 || id > IMSIC_IDS)
		return;
	lock_take(&v->lock);
	if (v->file) {
		imsic_store(v->page, id);
	} else {
		__atomic_or_fetch(&v->eip[id / 64], UINT64_C(1) << id % 64, __ATOMIC_RELAXED);
		wake = deliverable(v);
	}
	lock_drop(&v->lock);
	if (wake)
		vcpu_notify(vcpu, VCPU_REQ_IRQ);
}

uint64_t imsic_read(void *opaque, uint64_t offset, unsigned width, struct axvm_vcpu *vcpu)
{
	return 0;
}

void imsic_write(void *opaque, uint64_t offset, unsigned width, uint64_t value,
		 struct axvm_vcpu *vcpu)
{
	struct axvm *vm = opaque;
	struct axvm_vcpu *to = &vm->vcpus[offset / AXVM_PAGE_SIZE];

	offset %= AXVM_PAGE_SIZE;
	if (width != 4)
		return;
	if (offset == SETEIPNUM_LE)
		imsic_send(to, (uint32_t)value);
	else if (offset == SETEIPNUM_BE)
		imsic_send(to, __builtin_bswap32((uint32_t)value));
}

/* ---- Files change hands. files_lock held ---- */

/* On the file's own CPU: what has arrived in files that were left goes where their owners are. */
static void follow(struct imsic_cpu *cpu)
{
	for (; cpu->left; cpu->left &= cpu->left - 1) {
		uint32_t file = (uint32_t)__builtin_ctz(cpu->left);
		struct selection was = file_open(file);

		for (unsigned k = 0; k < IMSIC_WORDS; k++) {
			uint64_t bits = file_take_pending(k);

			for (; bits; bits &= bits - 1)
				imsic_send(cpu->owner[file],
					   64 * k + (unsigned)__builtin_ctzll(bits));
		}
		file_close(was);
		cpu->owner[file] = NULL;
	}
}

/* Messages have nowhere to go but to an exit, when the page is shut; and what came before is moved
 * before anybody can note another one. On the file's own CPU. */
static void evict(struct imsic_cpu *cpu, uint32_t file)
{
	struct axvm_vcpu *vcpu = cpu->owner[file];
	struct imsic_vcpu *v = &vcpu->arch.imsic;
	struct selection was;

	aspace_window_shut(&vcpu->vm->aspace, page_of(vcpu));
	lock_take(&v->lock);
	was = file_open(file);
	for (unsigned k = 0; k < IMSIC_WORDS; k++)
		v->eip[k] |= file_take_pending(k);
	file_close(was);
	__atomic_store_n(&v->file, 0, __ATOMIC_RELAXED);
	lock_drop(&v->lock);
	cpu->owner[file] = NULL;
	if (deliverable(v))
		vcpu_notify(vcpu, VCPU_REQ_IRQ);
}

/* A file that is nobody's. Of those on this CPU no owner is bound to it. */
static uint32_t find_file(struct imsic_cpu *cpu)
{
	for (uint32_t file = 1; file <= file_num(); file++)
		if (!cpu->owner[file])
			return file;
	cpu->last = cpu->last < file_num() ? cpu->last + 1 : 1;
	evict(cpu, cpu->last);
	return cpu->last;
}

/* Messages go to the new file from now on. eip: what has been noted until now. */
static void redirect(struct axvm_vcpu *vcpu, uint32_t file, uint64_t eip[IMSIC_WORDS])
{
	struct imsic_vcpu *v = &vcpu->arch.imsic;
	uint64_t page = riscv64_host.guest_file(vcpu->pcpu, file);

	aspace_window_point(&vcpu->vm->aspace, page_of(vcpu), axvm_hpa(page));
	lock_take(&v->lock);
	__atomic_store_n(&v->file, file, __ATOMIC_RELAXED);
	__atomic_store_n(&v->pcpu, vcpu->pcpu, __ATOMIC_RELAXED);
	v->page = page;
	memcpy(eip, v->eip, sizeof(v->eip));
	memset(v->eip, 0, sizeof(v->eip));
	lock_drop(&v->lock);
}

static void move_file(struct axvm_vcpu *vcpu, struct imsic_cpu *cpu)
{
	struct imsic_vcpu *v = &vcpu->arch.imsic;
	uint32_t file = find_file(cpu), old = v->file, old_pcpu = v->pcpu;
	uint64_t eip[IMSIC_WORDS];
	struct selection was = file_open(file);

	file_clear();
	cpu->owner[file] = vcpu;
	redirect(vcpu, file, eip);
	file_load(v, eip);
	file_close(was);
	if (!old)
		return;
	__atomic_or_fetch(&cpus[old_pcpu].left, bit_of(old), __ATOMIC_RELAXED);
	vcpu->vm->hal->kick_vcpu(vcpu->vm->hal, vcpu->vm->config.id, vcpu->id, old_pcpu);
}

/* ---- The life of a vCPU ---- */

/* On its CPU nobody else takes its file away. */
static bool has_file(const struct imsic_vcpu *v, uint32_t pcpu)
{
	return __atomic_load_n(&v->file, __ATOMIC_RELAXED) &&
	       __atomic_load_n(&v->pcpu, __ATOMIC_RELAXED) == pcpu;
}

void aia_vcpu_bind(struct axvm_vcpu *vcpu)
{
	struct imsic_vcpu *v = &vcpu->arch.imsic;
	struct imsic_cpu *cpu = &cpus[vcpu->pcpu];
	uint64_t *hstatus = &vcpu->arch.regs.hstatus;

	if (!has_file(v, vcpu->pcpu)) {
		lock_take(&files_lock);
		follow(cpu);
		move_file(vcpu, cpu);
		lock_drop(&files_lock);
	}
	*hstatus = (*hstatus & ~HSTATUS_VGEIN) | (uint64_t)v->file << HSTATUS_VGEIN_SHIFT;
	imsic_hgeie_clear(bit_of(v->file));
	imsic_select_write(v->select);
	/* QEMU 10 can lose what comes for another file while hgeie is being written: hip.SGEIP
	 * stays clear until the next change, however long the vCPU that waits sleeps. */
	axvm_riscv64_poll(vcpu->pcpu);
}

/* While it sleeps its file wakes it. */
void aia_vcpu_unbind(struct axvm_vcpu *vcpu)
{
	struct imsic_vcpu *v = &vcpu->arch.imsic;
	struct selection was = file_open(v->file);

	v->select = was.select;
	file_save(v);
	file_close(was);
	if (vcpu->exit.reason == AXVM_EXIT_HALT)
		imsic_hgeie_set(bit_of(v->file));
}

/* Files that it has left behind too: what they hold is lost. */
void imsic_vcpu_release(struct axvm_vcpu *vcpu)
{
	struct imsic_vcpu *v = &vcpu->arch.imsic;

	lock_take(&files_lock);
	if (v->file)
		aspace_window_shut(&vcpu->vm->aspace, page_of(vcpu));
	lock_take(&v->lock);
	v->file = 0;
	lock_drop(&v->lock);
	for (uint32_t pcpu = 0; pcpu < AXVM_MAX_PCPUS; pcpu++) {
		for (uint32_t file = 1; file < FILE_NUM; file++) {
			if (cpus[pcpu].owner[file] != vcpu)
				continue;
			cpus[pcpu].owner[file] = NULL;
			cpus[pcpu].left &= ~bit_of(file);
		}
	}
	lock_drop(&files_lock);
}

void aia_vcpu_reset(struct axvm_vcpu *vcpu)
{
	struct imsic_vcpu *v = &vcpu->arch.imsic;

	imsic_vcpu_release(vcpu);
	lock_take(&v->lock);
	memset(v->eip, 0, sizeof(v->eip));
	memset(v->eie, 0, sizeof(v->eie));
	v->eidelivery = 0;
	v->eithreshold = 0;
	v->select = 0;
	lock_drop(&v->lock);
}

/* The fence pairs with vcpu_notify(), as in imsic_send(). */
bool aia_vcpu_pending(const struct axvm_vcpu *vcpu)
{
	const struct imsic_vcpu *v = &vcpu->arch.imsic;
	struct axvm_hal *hal = vcpu->vm->hal;

	if (!vcpu->vm->arch.aia)
		return false;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (has_file(v, hal->current_pcpu_id(hal)))
		return imsic_hgeip() >> v->file & 1;
	return !__atomic_load_n(&v->file, __ATOMIC_RELAXED) && deliverable(v);
}

/* ---- A CPU ---- */

bool imsic_available(void)
{
	return riscv64_host.guest_file_num != 0 && riscv64_host.guest_id_num >= IMSIC_IDS;
}

/* hgeie has a bit for each file that the CPU has: what the host knows is their greatest number. */
void aia_hardware_enable(void)
{
	uint32_t num;

	imsic_cpu_init();
	imsic_hgeie_set(UINT64_MAX);
	num = (uint32_t)__builtin_popcountll(imsic_hgeie());
	imsic_hgeie_clear(UINT64_MAX);
	lock_take(&files_lock);
	if (num < riscv64_host.guest_file_num)
		riscv64_host.guest_file_num = num;
	lock_drop(&files_lock);
}

static void wake_owners(const struct imsic_cpu *cpu, uint64_t files)
{
	for (; files; files &= files - 1) {
		uint32_t file = (uint32_t)__builtin_ctzll(files);

		if (file < FILE_NUM && cpu->owner[file] && !(cpu->left & bit_of(file)))
			vcpu_notify(cpu->owner[file], VCPU_REQ_IRQ);
	}
}

void axvm_riscv64_poll(uint32_t pcpu)
{
	struct imsic_cpu *cpu = &cpus[pcpu];
	uint64_t files = imsic_hgeip() & imsic_hgeie();

	if (!files && !__atomic_load_n(&cpu->left, __ATOMIC_RELAXED))
		return;
	imsic_hgeie_clear(files);
	lock_take(&files_lock);
	wake_owners(cpu, files);
	follow(cpu);
	lock_drop(&files_lock);
}
