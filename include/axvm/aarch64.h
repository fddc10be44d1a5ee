/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the AArch64 backend and a bare-metal host agree on, besides struct axvm_hal.
 *
 * The host runs at EL2 without VHE, always with interrupts masked. It owns the physical GICv3
 * (group 1, EOImode 1), TPIDR_EL2 and the EL2 stage-1 tables; the backend owns every other register
 * of EL2 from axvm_hardware_enable() on, VBAR_EL2 among them. The interrupts named below are
 * handled by the backend while a guest runs; any other makes axvm_run_vcpu() return
 * EXTERNAL_INTERRUPT, acknowledged but neither dropped (ICC_EOIR1_EL1) nor deactivated
 * (ICC_DIR_EL1).
 */
#ifndef AXVM_AARCH64_H
#define AXVM_AARCH64_H

#include <axvm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the backend has to know of its host. */
struct axvm_aarch64_host {
	uint32_t vtimer_intid;	    /* EL1 virtual timer, a PPI */
	uint32_t maintenance_intid; /* virtual GIC maintenance, a PPI */
	uint32_t kick_intid;	    /* the SGI that makes a vCPU leave its guest */
	/* The SGI_base frame of the redistributor of the CPU that calls. */
	void *(*gicr_sgi_base)(void);
};

/* Tells the backend. Before the first axvm_hardware_enable(); *host is copied. */
void axvm_aarch64_set_host(const struct axvm_aarch64_host *host);

/*
 * Given by the host: where the backend's vectors go for an exception that EL2 itself took. Every
 * register and ELR_EL2, ESR_EL2, FAR_EL2, SPSR_EL2 are as the exception left them.
 */
void host_fault_entry(void);

#ifdef __cplusplus
}
#endif

#endif
