/* SPDX-License-Identifier: Apache-2.0 */
#include "trap.h"
#include "irq.h"
#include "test.h"

volatile unsigned trap_serrors;

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
	struct trap seen = { .esr = frame->esr, .far = frame->far, .elr = frame->elr };

	if (!trap_record(seen))
		unexpected("unexpected exception", frame);
	frame->elr = resume_at(frame);
}

void trap_irq(struct trap_frame *frame)
{
	irq_handle();
}

void trap_serror(struct trap_frame *frame)
{
	__atomic_fetch_add(&trap_serrors, 1, __ATOMIC_RELAXED);
}

void trap_stray(struct trap_frame *frame)
{
	unexpected("exception at an unused vector", frame);
}
