/* SPDX-License-Identifier: Apache-2.0 */
/* Making a physical CPU ready for guests: what traps, and what guests may do on their own. */
#include "decode.h"
#include "hgatp.h"
#include "host.h"
#include <arch/stage2.h>

#define BIT(n) (UINT64_C(1) << (n))

/*
 * Exceptions that go straight to the guest: its own faults and system calls. An illegal instruction
 * joins them while the units that the guest may have are on (units.c). Not among them: guest-page
 * faults, virtual instructions, and ECALL of VS-mode.
 */
#define HEDELEG_GUEST                                                                              \
	(BIT(CAUSE_FETCH_MISALIGNED) | BIT(CAUSE_FETCH_ACCESS) | BIT(CAUSE_BREAKPOINT) |           \
	 BIT(CAUSE_LOAD_MISALIGNED) | BIT(CAUSE_LOAD_ACCESS) | BIT(CAUSE_STORE_MISALIGNED) |       \
	 BIT(CAUSE_STORE_ACCESS) | BIT(CAUSE_ECALL_U) | BIT(CAUSE_FETCH_PAGE) |                    \
	 BIT(CAUSE_LOAD_PAGE) | BIT(CAUSE_STORE_PAGE))

#define HGATP_MODE_MAX 15

struct axvm_riscv64_host riscv64_host;
bool arch_has_clmul;

void axvm_riscv64_set_host(const struct axvm_riscv64_host *host)
{
	riscv64_host = *host;
	riscv64_isa_init(host->fdt);
	arch_has_clmul = riscv64_has(RISCV64_EXT_ZBC);
	stage2_pbmt = riscv64_has(RISCV64_EXT_SVPBMT);
	riscv64_timer_init();
}

bool arch_supports(enum axvm_arch isa)
{
	return isa == AXVM_ARCH_RISCV64;
}

/* WARL: what is not there does not stay. In HS-mode nothing goes through hgatp. */
static uint64_t try_hgatp(uint64_t value)
{
	uint64_t saved = csr_read(hgatp), got;

	csr_write(hgatp, value);
	got = csr_read(hgatp);
	csr_write(hgatp, saved);
	return got;
}

uint32_t riscv64_hgatp_modes(void)
{
	uint32_t modes = 0;

	for (unsigned mode = HGATP_SV39X4; mode <= HGATP_SV57X4; mode++) {
		if (try_hgatp(hgatp_value((enum hgatp_mode)mode, 0, 0)) >> HGATP_MODE_SHIFT == mode)
			modes |= UINT32_C(1) << mode;
	}
	return modes;
}

/* The hypervisor extension may come without translation: then guests would have all memory. */
static bool can_virtualise(void)
{
	return riscv64_probe_hypervisor() && riscv64_hgatp_modes();
}

/* Which misa.H would tell, if HS-mode could read it. Asked once, while no guest is live. */
bool arch_has_hardware_support(void)
{
	static enum { UNKNOWN, YES, NO } known;

	if (known == UNKNOWN)
		known = can_virtualise() ? YES : NO;
	return known == YES;
}

uint32_t riscv64_vmid_num(void)
{
	uint64_t got = try_hgatp(hgatp_value(HGATP_SV39X4, HGATP_VMID_MASK, 0));

	return (uint32_t)(got >> HGATP_VMID_SHIFT & HGATP_VMID_MASK) + 1;
}

/* Whatever has no bit here traps: nobody's state moves behind the back of the world switch. */
uint64_t riscv64_stateen(const struct axvm *vm)
{
	uint64_t value = STATEEN_ENVCFG;

	if (vm->arch.aia)
		value |= STATEEN_AIA | STATEEN_IMSIC | STATEEN_CSRIND;
	return value;
}

/* What earlier software left, and every later guest takes over from its own state. */
static void clear_guest_state(void)
{
	csr_write(hvip, 0);
	csr_write(hie, 0);
	csr_write(vsie, 0);
	csr_write(vsatp, 0);
	csr_write(hgatp, 0);
	csr_write(htimedelta, 0);
	if (riscv64_has(RISCV64_EXT_SSTC))
		csr_write(vstimecmp, UINT64_MAX);
	if (riscv64_has(RISCV64_EXT_SMSTATEEN)) {
		csr_write(hstateen0, 0);
		csr_write(sstateen0, 0);
	}
	__asm__ volatile("hfence.gvma\n\thfence.vvma" ::: "memory");
	riscv64_forget_loaded();
}

uint64_t riscv64_read_counter(uint32_t csr)
{
	return csr == CSR_CYCLE ? csr_read(cycle) : csr_read(instret);
}

void riscv64_trap_counters(uint32_t traps)
{
	uint64_t all = COUNTEREN_CY | COUNTEREN_TM | COUNTEREN_IR;

	csr_write(hcounteren, riscv64_has(RISCV64_EXT_ZICNTR) ? all & ~(uint64_t)traps : 0);
}

/*
 * Any vCPU may come to any CPU: what a VM is built by is the same on all, as the first has it.
 * (With fewer VMIDs two VMs would share translations, with longer vectors they overrun their
 * memory.)
 */
static bool is_like_first(void)
{
	static uint64_t first;
	uint64_t none = 0, mine;

	mine = riscv64_hgatp_modes() | (uint64_t)riscv64_vmid_num() << 16 | units_vlenb() << 32;
	return __atomic_compare_exchange_n(&first, &none, mine, false, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED) ||
	       none == mine;
}

enum axvm_error arch_hardware_enable(void)
{
	if (!can_virtualise() || !is_like_first())
		return AXVM_ERR_UNSUPPORTED;
	csr_write(sscratch, 0);
	csr_write(stvec, (uint64_t)arch_vectors);
	csr_clear(sstatus, SSTATUS_FS | SSTATUS_VS);
	csr_write(hedeleg, HEDELEG_GUEST);
	csr_write(hideleg, HVIP_ALL);
	riscv64_trap_counters(0);
	csr_write(henvcfg, riscv64_henvcfg());
	clear_guest_state();
	if (riscv64_host.guest_file_num)
		aia_hardware_enable();
	return AXVM_OK;
}

bool arch_hardware_enabled(void)
{
	return csr_read(hideleg) != 0;
}

void arch_hardware_disable(void)
{
	csr_write(hideleg, 0);
	csr_write(hedeleg, 0);
	csr_write(hgatp, 0);
}
