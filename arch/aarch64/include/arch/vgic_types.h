/* SPDX-License-Identifier: Apache-2.0 */
/*
 * State of the guest's interrupt controller: plain data, one bit per interrupt in words of 32, so
 * that a register of the distributor is one word here. Everything is guarded by vgic_vm.lock except
 * where a field says otherwise.
 */
#ifndef ARCH_VGIC_TYPES_H
#define ARCH_VGIC_TYPES_H

#include "lock.h"
#include <axvm/types.h>

#define VGIC_BANKS   32 /* of 32 interrupts: INTID 0 to 1023 */
#define VGIC_MAX_LRS 16
#define VGIC_APRS    4 /* of each group */
#define VGIC_NO_CPU  0xffu

/*
 * 32 interrupts. While one is in a list register (in_lr), its pending and active state is there;
 * the lr_ words say what is known of it here. Outside, pend, line and active are the whole truth.
 */
struct vgic_bank {
	uint32_t group; /* 1: group 1 */
	uint32_t enabled;
	uint32_t pend; /* latched: an edge, an SGI, or a write to ISPENDR */
	uint32_t line; /* level of the input */
	uint32_t edge; /* 1: edge-triggered */
	uint32_t active;

	uint32_t in_lr;
	uint32_t lr_pend; /* pending and active there, when its vCPU last looked */
	uint32_t lr_active;
	uint32_t lr_latch; /* its pending state there came from pend */
	uint32_t lr_drop;  /* its active state there has been cleared by a write to ICACTIVER */

	uint32_t ready; /* deliverable, not in a list register: see vgic_update() */
	uint32_t valid; /* INTIDs that exist */
	uint32_t any;	/* IROUTER.Interrupt_Routing_Mode: any participating CPU */
	uint8_t number; /* INTID / 32 */
	uint8_t prio[32];
	uint8_t target[32];    /* vCPU it goes to when it becomes ready, or VGIC_NO_CPU */
	uint8_t owner[32];     /* vCPU that has it in a list register, or active */
	uint32_t affinity[32]; /* IROUTER as Aff3.Aff2.Aff1.Aff0 */
};

struct vgic_vcpu {
	struct vgic_bank bank; /* INTID 0 to 31 */

	/* By bank: what waits for a list register, and what is active outside of one. A summary bit
	 * per bank; ready_banks may be read without the lock. */
	uint32_t ready[VGIC_BANKS];
	uint32_t act[VGIC_BANKS];
	uint32_t ready_banks;
	uint32_t act_banks;

	/* List registers in use; only while loaded. One that the guest has emptied counts until
	 * somebody needs it: its interrupt is likely to come again. */
	uint16_t lr_used;
	uint16_t lr_hw;	 /* of them with a physical interrupt */
	uint16_t lr_eoi; /* of them with a maintenance interrupt at their end */
	uint16_t lr_intid[VGIC_MAX_LRS];
	uint8_t lr_of[32]; /* the list register of a private interrupt */
	bool refold;	   /* something changed about an interrupt in one of them */
	bool asleep;	   /* GICR_WAKER.ProcessorSleep */

	/* The physical timer interrupt is active for this vCPU (loaded), or has to become so when
	 * it is loaded. */
	bool vtimer_held;
	uint32_t vtimer_pintid;

	/* The owner's. loaded: the CPU whose registers hold this vCPU, 0 for none. */
	uint64_t loaded;
	uint64_t vmcr;
	uint64_t hcr; /* as last written */
	uint32_t ap0r[VGIC_APRS], ap1r[VGIC_APRS];
};

/* vCPUs that differ in the low four bits of Aff0 only: what one SGI's target list can reach. */
struct vgic_cluster {
	uint32_t key; /* affinity / 16 */
	uint16_t present;
	uint8_t cpu[16];
};

struct vgic_vm {
	struct lock lock;
	bool present;
	uint8_t bank_num;    /* banks of SPIs, plus one */
	uint8_t first_awake; /* the vCPU that takes interrupts for any CPU */
	uint32_t cpu_num;
	uint32_t intid_end; /* one past the highest SPI */
	uint32_t group0_on; /* GICD_CTLR.EnableGrp0 and 1: no bits or all */
	uint32_t group1_on;
	uint64_t kick; /* vCPUs to be told when the lock is dropped */
	uint32_t cluster_num;
	struct vgic_cluster cluster[AXVM_MAX_VCPUS];
	uint32_t affinity[AXVM_MAX_VCPUS];
	struct vgic_bank spi[VGIC_BANKS - 1];
};

#endif
