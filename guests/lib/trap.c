/* SPDX-License-Identifier: Apache-2.0 */
#include "trap.h"
#include "gic.h"
#include "test.h"

static struct {
	bool expected;
	struct trap seen;
} traps[MAX_CPUS];

volatile unsigned trap_serrors;

void trap_expect(void)
{
	traps[cpu_id()].seen = (struct trap){ 0 };
	traps[cpu_id()].expected = true;
	asm volatile("" ::: "memory");
}

struct trap trap_seen(void)
{
	asm volatile("" ::: "memory");
	traps[cpu_id()].expected = false;
	return traps[cpu_id()].seen;
}

static void unexpected(const char *kind, const struct trap_frame *frame)
{
	print("FAIL %s on CPU %u: ESR %#lx, ELR %#lx, FAR %#lx, LR %#lx\n", kind, cpu_id(),
	      frame->esr, frame->elr, frame->far, frame->x[30]);
	test_abort();
}

/* Where to go on after an exception: behind the instruction, or behind the call that led here. */
static uint64_t resume_at(const struct trap_frame *frame)
{
	switch (ESR_EC(frame->esr)) {
	case EC_SVC64:
		return frame->elr;
	case EC_IABORT:
	case EC_PC_ALIGN:
		return frame->x[30];
	default:
		return frame->elr + 4;
	}
}

void trap_sync(struct trap_frame *frame)
{
	struct trap *seen = &traps[cpu_id()].seen;

	if (!traps[cpu_id()].expected)
		unexpected("unexpected exception", frame);
	seen->count++;
	seen->esr = frame->esr;
	seen->far = frame->far;
	seen->elr = frame->elr;
	frame->elr = resume_at(frame);
}

void trap_irq(struct trap_frame *frame)
{
	gic_handle();
}

void trap_serror(struct trap_frame *frame)
{
	__atomic_fetch_add(&trap_serrors, 1, __ATOMIC_RELAXED);
}

void trap_stray(struct trap_frame *frame)
{
	unexpected("exception at an unused vector", frame);
}
