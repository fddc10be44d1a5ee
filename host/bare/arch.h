/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The porting contract of the bare-metal host: what an instruction set implements besides its
 * "isa.h" (struct isa_cpu, isa_relax(), isa_this_cpu(), isa_ticks()) and its way from the boot
 * loader to host_main(). Interrupts are masked whenever host code runs; a CPU sees them inside
 * axvm_run_vcpu() and in isa_irq_poll().
 */
#ifndef BARE_ARCH_H
#define BARE_ARCH_H

#include "board.h"
#include "cpu.h"

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

/* Starts the other CPUs, which end in host_cpu_main(); waits until they are online. */
void isa_cpus_start(void);

/* The console: one byte out (waits), one byte in (-1: none), its interrupt on or off. */
void isa_uart_put(uint8_t byte);
int isa_uart_get(void);
void isa_uart_irq(bool on);

/* Prints the registers of a fault line by line through fault_print(). */
void isa_fault_print(const struct cpu *cpu);
/* Program counter, frame pointer and stack of a fault, and one step up the stack. */
struct fault_walk {
	uint64_t pc, fp;
	uint64_t lo, hi; /* bounds of the stack */
};
void isa_fault_walk(const struct cpu *cpu, struct fault_walk *walk);
bool isa_fault_step(struct fault_walk *walk);

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
