/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of the virtual CPU interface, and a guest of four vCPUs over it: registers are reached
 * through the bus as a guest does, and interrupts are acknowledged and ended from the list
 * registers.
 */
#ifndef TESTS_VGIC_MODEL_H
#define TESTS_VGIC_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vgic_ich.h"
#include "vgic_state.h"

#define CPUS	 4
#define GICD	 0x08000000ull
#define GICR	 0x080a0000ull
#define RD(cpu)	 (GICR + (cpu) * 0x20000ull)
#define SGI(cpu) (RD(cpu) + 0x10000ull)

#define IGROUPR	   0x080
#define ISENABLER  0x100
#define ICENABLER  0x180
#define ISPENDR	   0x200
#define ICPENDR	   0x280
#define ISACTIVER  0x300
#define ICACTIVER  0x380
#define IPRIORITYR 0x400
#define ITARGETSR  0x800
#define ICFGR	   0xc00
#define IGRPMODR   0xd00
#define NSACR	   0xe00
#define SGIR	   0xf00
#define IROUTER	   0x6000

#define SPURIOUS 1023u

/* A physical CPU's virtual CPU interface. */
struct cpu_interface {
	uint64_t reg[ICH_NUM];
	unsigned lr_writes;
	bool unsynced;	   /* a list register has been written since the last barrier */
	bool timer_active; /* physical INTID 27 */
	bool timer_line;
};
extern struct cpu_interface cpus[CPUS];
extern unsigned self; /* the physical CPU that code runs on; vCPU n runs on CPU n */
extern unsigned lr_num;

extern struct axvm vm;
extern struct axvm_vcpu vcpus[CPUS];
extern unsigned notified[CPUS];

enum axvm_error build(unsigned cpu_num, uint64_t gicr_length);
/* Everything on: both groups, SGIs and PPIs, PMR at the lowest priority. */
void start(unsigned lrs);
/* start() with four list registers, before a test. */
int vgic_setup(void **state);

/* Goes back into the guest on a CPU; returns how many maintenance interrupts that took. */
unsigned enter(unsigned cpu);
void enter_all(void);
/* A vCPU comes to its CPU, and goes. */
void run_on(unsigned cpu);
void leave(unsigned cpu);

unsigned running_priority(unsigned cpu);
/* ICC_IAR1_EL1 with every group on, and binary points at their minimum. */
unsigned ack_any(unsigned cpu);
void drop_priority(unsigned cpu);
/* ICC_EOIR1_EL1, EOImode 0. Returns the number of exits it took. */
unsigned eoi(unsigned cpu, unsigned intid);

uint64_t rd(unsigned cpu, uint64_t gpa, unsigned width);
void wr(unsigned cpu, uint64_t gpa, unsigned width, uint64_t value);
#define rd32(gpa)	 rd(0, gpa, 4)
#define wr32(gpa, value) wr(0, gpa, 4, value)

/* Enables a shared interrupt with a priority, for a vCPU. */
void enable_spi(unsigned intid, unsigned prio, unsigned cpu);
void set_line(unsigned intid, bool level);
/* ICC_SGI1R_EL1 for the vCPUs of a list that are in the cluster of one. */
uint64_t sgi_value(unsigned intid, unsigned list, uint64_t cpu);
void send_sgi(unsigned cpu, uint64_t value, unsigned group);
/* The physical timer interrupt of a vCPU that is on its CPU. */
void fire_timer(unsigned cpu);

#endif
