/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The porting contract of the bare-metal host: what an instruction set implements besides its
 * "isa.h" (struct isa_cpu, isa_relax(), isa_this_cpu(), isa_set_this_cpu(), isa_ticks(),
 * FRAME_RECORD and CALL_SIZE for backtraces), its "pte.h"
 * (see mmu.h) and its start.S (see boot.h). Interrupts are masked whenever host code runs; a CPU
 * sees them inside axvm_run_vcpu() and in isa_irq_poll().
 */
#ifndef BARE_ARCH_H
#define BARE_ARCH_H

#include "board.h"
#include "cpu.h"

/*
 * Booting, in this order, on the boot CPU: firmware and console, so that what is wrong can be said;
 * the other devices that the host needs (result: NULL, or what is missing); the boot CPU's hw_id.
 * `arg` is what start.S gave to boot_main().
 */
void isa_boot_console(const void *fdt);
const char *isa_boot_probe(const void *fdt, uint64_t arg);
uint64_t isa_boot_hw_id(uint64_t arg);
/* mmu_map_device() for each of them. */
void isa_map_devices(void);
/* Which level the root of the host's tables is at: 0 for four levels. May use the table to find
 * out, and leaves it empty. */
unsigned isa_mmu_root_level(uint64_t *empty);
void isa_mmu_enable(const uint64_t *root);
/* Once, when memory can be had: what all CPUs share. Then on each CPU (result: NULL, or what is
 * wrong with it). */
void isa_init(void);
const char *isa_init_cpu(void);
/* Starts a CPU at secondary_start. Result: the firmware's, 0 on success. */
int64_t isa_cpu_on(struct cpu *cpu);

/* Of the counter behind isa_ticks(). */
uint64_t isa_ticks_per_second(void);
/* This CPU's one-shot alarm: an interrupt that ends in sched_alarm() once the counter is there. */
void isa_alarm_set(uint64_t ticks);
void isa_alarm_off(void);

enum isa_ipi {
	IPI_KICK,	/* the backend's: the vCPU there looks at its requests */
	IPI_RESCHEDULE, /* the CPU looks at the scheduler again: axvm_run_vcpu() returns */
};
void isa_ipi_send(const struct cpu *target, enum isa_ipi ipi);

/* Completes an interrupt that axvm_run_vcpu() returned. */
void isa_irq_handle(uint32_t vector);
/* Sleeps until an interrupt is pending; then isa_irq_poll() takes all that are. */
void isa_idle(void);
void isa_irq_poll(void);

/* The console: one byte out (waits), one byte in (-1: none), its interrupt on or off. */
void isa_uart_put(uint8_t byte);
int isa_uart_get(void);
void isa_uart_irq(bool on);

/* Prints the registers of a fault line by line through fault_print(). */
void isa_fault_print(const struct cpu *cpu);
uint64_t isa_fault_pc(const struct cpu *cpu);
/* The frame pointer; FRAME_RECORD bytes from it lies the record of the caller. */
uint64_t isa_fault_fp(const struct cpu *cpu);

/* Deliberate faults, for the self-test: an address with nothing behind it, the host's own code. */
void *isa_bad_address(void);

/* Seconds since 1970-01-01 UTC by the board's clock, 0: it has none. */
uint64_t isa_wall_clock(void);

_Noreturn void isa_power_off(void);

/* What the instruction set calls: the boot CPU when memory, console and interrupts work, and each
 * other CPU when it can take interrupts. */
_Noreturn void host_main(void);
_Noreturn void host_cpu_main(void);

#endif
