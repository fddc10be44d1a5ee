/* SPDX-License-Identifier: Apache-2.0 */
#include "trap.h"
#include "irq.h"
#include "test.h"

#define INTERRUPT (1ul << 63)

void user_leave(void);

static void unexpected(const struct trap_frame *frame)
{
	print("FAIL unexpected exception on CPU %u: cause %lu, sepc %#lx, stval %#lx, ra %#lx\n",
	      cpu_id(), frame->scause, frame->sepc, frame->stval, frame->x[1]);
	test_abort();
}

/* Its page may be a user's, or executable only. */
static unsigned length_at(uint64_t pc)
{
	uint64_t status = csr_read(sstatus);
	uint16_t bits;

	csr_set(sstatus, SSTATUS_MXR | SSTATUS_SUM);
	bits = *(const volatile uint16_t *)pc;
	csr_write(sstatus, status);
	return (bits & 3) == 3 ? 4 : 2;
}

/* Where to go on after an exception: behind the instruction, or behind the call that led here. */
static uint64_t resume_at(const struct trap_frame *frame)
{
	switch (frame->scause) {
	case CAUSE_FETCH_MISALIGNED:
	case CAUSE_FETCH_ACCESS:
	case CAUSE_FETCH_PAGE:
		return frame->x[1];
	default:
		return frame->sepc + length_at(frame->sepc);
	}
}

/* The stack is where the vector found it, below what user_enter() has put there. */
static void leave_user(struct trap_frame *frame)
{
	frame->sepc = (uint64_t)user_leave;
	frame->sstatus |= SSTATUS_SPP;
	frame->x[2] = (uint64_t)(frame + 1);
}

void trap_handle(struct trap_frame *frame)
{
	struct trap seen = { .cause = frame->scause,
			     .tval = frame->stval,
			     .epc = frame->sepc,
			     .status = frame->sstatus };

	if (frame->scause & INTERRUPT) {
		irq_handle();
		return;
	}
	if (!trap_record(seen))
		unexpected(frame);
	if (frame->sstatus & SSTATUS_SPP)
		frame->sepc = resume_at(frame);
	else
		leave_user(frame);
}
