/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A channel between VMs, from either end. `publish=1` is the one that has the memory and counts;
 * others answer: write the count back, if they may write. `line`: the doorbell. `peers`: how many
 * subscribe; `rounds`: how often the count goes to and fro. `write`: 1, this subscriber may write.
 */
#include "../include/axvm/hypercall.h"
#include "boot.h"
#include "firmware.h"
#include "irq.h"
#include "test.h"
#include "timer.h"
#include "trap.h"

#define KEY	   7
#define SIZE	   0x5000ull
#define TIMEOUT_US 20000000

enum {
	INVALID_INPUT = -1,
	UNSUPPORTED = -3,
	NOT_FOUND = -5,
	ALREADY_EXISTS = -6,
	PERMISSION_DENIED = -11,
};

/* What stands in the memory. */
struct shared {
	volatile uint64_t count;  /* the publisher's */
	volatile uint64_t answer; /* of the subscriber that may write */
	volatile uint64_t done;
};

static unsigned doorbell;
static volatile unsigned rings;

static void on_ring(unsigned irq)
{
	rings += irq == doorbell;
}

static void take_interrupts(void)
{
	irq_enable();
	irq_disable();
}

/* Waits, and takes the doorbell, until a condition holds; its value then. */
#define await(cond)                                                                                \
	({                                                                                         \
		uint64_t end_ = timer_now() + timer_ticks(TIMEOUT_US);                             \
		bool met_;                                                                         \
		while (!(met_ = (cond)) && timer_now() < end_) {                                   \
			take_interrupts();                                                         \
			cpu_relax();                                                               \
		}                                                                                  \
		met_;                                                                              \
	})

static void numbers(void)
{
	CHECK_EQ(hypercall(AXVM_HYPERCALL_VERSION, 0, 0), AXVM_HYPERCALL_VERSION_1, "version");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_FEATURES, 0, 0), AXVM_FEATURE_IVC, "features");
	CHECK_EQ(hypercall(7, 0, 0), UNSUPPORTED, "the first number that does not exist");
	CHECK_EQ(hypercall(0x7fff, 0, 0), UNSUPPORTED, "another");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_HOST, 0, 0), UNSUPPORTED, "a number of the host's");
	CHECK_EQ(hypercall(0xffff, 0, 0), UNSUPPORTED, "the last number");
}

static void unmapped(void)
{
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_SIZE, KEY, 0), NOT_FOUND, "size, not mapped");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_NOTIFY, KEY, 0), NOT_FOUND, "notify, not mapped");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_RELEASE, KEY, 0), NOT_FOUND, "release, not mapped");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_RELEASE, KEY + 1, 0), NOT_FOUND,
		 "release, no such key");
}

static bool all_zero(const volatile uint64_t *words)
{
	for (unsigned i = 0; i < SIZE / sizeof(*words); i++)
		if (words[i])
			return false;
	return true;
}

static void bad_publish(void)
{
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_SUBSCRIBE, KEY, 0), NOT_FOUND,
		 "subscribe to its own");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_PUBLISH, KEY, 0), INVALID_INPUT, "publish nothing");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_PUBLISH, KEY + 1, SIZE), NOT_FOUND,
		 "publish no such key");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_PUBLISH, KEY, 1ull << 40), PERMISSION_DENIED,
		 "publish too much");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_PUBLISH, KEY, ~0ull), PERMISSION_DENIED,
		 "publish all there is");
}

static void publish(void)
{
	unsigned peers = (unsigned)boot_arg("peers", 1), lost = 0;
	uint64_t rounds = boot_arg("rounds", 50);
	struct shared *shared;
	int64_t gpa;

	bad_publish();
	gpa = hypercall(AXVM_HYPERCALL_IVC_PUBLISH, KEY, SIZE - 100);
	if (!CHECK(gpa > 0, "published at %#llx", (unsigned long long)gpa))
		return;
	shared = (struct shared *)gpa;
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_SIZE, KEY, 0), SIZE, "size in whole pages");
	CHECK(all_zero((uint64_t *)gpa), "the memory is zero");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_PUBLISH, KEY, SIZE), ALREADY_EXISTS, "publish again");
	CHECK(await(hypercall(AXVM_HYPERCALL_IVC_NOTIFY, KEY, 0) == peers), "%u subscribe", peers);
	for (uint64_t i = 1; i <= rounds && !lost; i++) {
		shared->count = i;
		mb();
		hypercall(AXVM_HYPERCALL_IVC_NOTIFY, KEY, 0);
		lost += !await(shared->answer == i);
	}
	CHECK_EQ(lost, 0, "%llu rounds", (unsigned long long)rounds);
	CHECK(rings > 0, "the doorbell rang %u times", rings);
	shared->done = 1;
	mb();
	if (boot_arg("release", 0))
		CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_RELEASE, KEY, 0), 0, "released");
	/* Else powering off does it. */
}

static void answer(struct shared *shared)
{
	uint64_t seen = 0, end = timer_now() + timer_ticks(TIMEOUT_US);

	bool last = false;

	while (!last && timer_now() < end) {
		last = shared->done; /* who only reads may come here late: look once all the same */
		take_interrupts();
		if (shared->count == seen)
			continue;
		seen = shared->count;
		if (!boot_arg("write", 1))
			continue;
		shared->answer = seen;
		mb();
		hypercall(AXVM_HYPERCALL_IVC_NOTIFY, KEY, 0);
	}
	CHECK(seen > 0, "saw the publisher count");
	CHECK(shared->done, "and end");
}

static void subscribe(void)
{
	struct shared *shared;
	int64_t gpa;

	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_PUBLISH, KEY, SIZE), NOT_FOUND, "publish another's");
	CHECK(await((gpa = hypercall(AXVM_HYPERCALL_IVC_SUBSCRIBE, KEY, 0)) != NOT_FOUND),
	      "the channel is published");
	if (!CHECK(gpa > 0, "subscribed at %#llx", (unsigned long long)gpa))
		return;
	shared = (struct shared *)gpa;
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_SIZE, KEY, 0), SIZE, "size");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_SUBSCRIBE, KEY, 0), ALREADY_EXISTS,
		 "subscribe again");
	if (!boot_arg("write", 1))
		CHECK(trap_is_external(TRAP(write64((uint64_t)gpa, 1)), (uint64_t)gpa),
		      "may not write");
	answer(shared);
	CHECK(rings > 0, "the doorbell rang %u times", rings);
	CHECK(await(hypercall(AXVM_HYPERCALL_IVC_NOTIFY, KEY, 0) == NOT_FOUND),
	      "the publisher has gone");
	CHECK_EQ(shared->done, 1, "the memory is still there");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_RELEASE, KEY, 0), 0, "released");
	CHECK(trap_is_external(TRAP(read64((uint64_t)gpa)), (uint64_t)gpa), "and is no more");
	CHECK_EQ(hypercall(AXVM_HYPERCALL_IVC_SUBSCRIBE, KEY, 0), NOT_FOUND,
		 "not published any more");
}

void guest_main(void)
{
	doorbell = irq_line((unsigned)boot_arg("line", 40));
	irq_handler = on_ring;
	irq_set_edge(doorbell, true);
	irq_on(doorbell);
	numbers();
	unmapped();
	if (boot_arg("publish", 0))
		publish();
	else
		subscribe();
}
