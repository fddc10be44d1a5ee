/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the RISC-V backend and a bare-metal host agree on, besides struct axvm_hal.
 *
 * The host runs in HS-mode with translation of its own (or none), sstatus.SIE always clear, tp the
 * host's own pointer to its CPU. It owns satp, sie, sip and the physical interrupt controllers; the
 * backend owns every hypervisor and VS register (h*, vs*), and while it is enabled stvec, sscratch
 * and sstatus.FS and VS. An interrupt that comes while a guest runs makes axvm_run_vcpu() return
 * EXTERNAL_INTERRUPT with the code of scause as vector, still pending; except the IPI (ack_ipi
 * below) and SupervisorGuestExternal (12), which are handled by the backend.
 */
#ifndef AXVM_RISCV64_H
#define AXVM_RISCV64_H

#include <axvm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the backend has to know of its host. The operations are called with interrupts masked. */
struct axvm_riscv64_host {
	const void *fdt;      /* the board's device tree: what extensions its harts have */
	uint64_t timebase_hz; /* of the time CSR */
	/*
	 * The interrupt that IPIs come as: 1 (SupervisorSoftware), or 9 (SupervisorExternal) where
	 * they are messages to an IMSIC, among other interrupts.
	 */
	uint32_t ipi_code;
	/*
	 * That interrupt is pending on this CPU: clears it if it is an IPI. Result: it was for more
	 * than a vCPU's look at its requests (kick_vcpu), so axvm_run_vcpu() is to return it.
	 */
	bool (*ack_ipi)(void);
	/*
	 * Every CPU forgets what the G stage translates for a VMID: bytes, size UINT64_MAX for all.
	 * Complete when it returns.
	 */
	void (*flush_vmid)(uint64_t gpa, uint64_t size, uint32_t vmid);
	/* IMSIC guest interrupt files of each CPU (hgeie numbers 1 to this at most), 0: none */
	uint32_t guest_file_num;
	uint32_t guest_id_num; /* interrupt identities that each file has: 1 to this */
	/* The physical page of guest interrupt file `number` of physical CPU `pcpu`. The host has
	 * it mapped at the same virtual address, as a device. */
	uint64_t (*guest_file)(uint32_t pcpu, uint32_t number);
};

/* Tells the backend. Before the first axvm_hardware_enable(); *host is copied. */
void axvm_riscv64_set_host(const struct axvm_riscv64_host *host);

/*
 * What the backend has to do on this CPU for vCPUs that are not bound here: wakes those that an
 * interrupt waits for in a guest interrupt file, and empties files whose vCPU has moved. The host
 * calls it, outside of axvm_run_vcpu(), when SupervisorGuestExternal is pending (hip), which wakes
 * it from WFI, and after a kick_vcpu(). Interrupts masked.
 */
void axvm_riscv64_poll(uint32_t pcpu);

/*
 * Given by the host: where the backend's vector goes for a trap that HS-mode itself took. Every
 * register and sepc, scause, stval, sstatus are as the trap left them.
 */
void host_fault_entry(void);

#ifdef __cplusplus
}
#endif

#endif
