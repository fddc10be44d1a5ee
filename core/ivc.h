/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channels between VMs: memory that a publisher's call makes appear in its own window of guest
 * addresses and subscribers' calls in theirs. The memory belongs to all that have it mapped and
 * goes with the last. Everything here is under the `list` lock of <host.h>.
 */
#ifndef CORE_IVC_H
#define CORE_IVC_H

#include <axvm/vm.h>

/* A part of the window that is in use. */
struct ivc_range {
	struct ivc_range *next; /* in order of address */
	uint64_t gpa;
	uint64_t size;
	bool host; /* by axvm_alloc_ivc_channel() */
};

/* Memory that is to be published, and is cleared bit by bit before it is mapped. */
struct ivc_making {
	axvm_hpa_t hpa;
	uint64_t size; /* 0: none */
	uint64_t cleared;
	bool busy; /* a vCPU is at it */
};

/* One end of a channel, for each entry of the configuration. */
struct ivc_end {
	axvm_hpa_t hpa;
	uint64_t gpa;
	uint64_t size; /* 0: nothing is mapped here */
	bool open;     /* publisher: subscribers may come */
	struct ivc_making making;
};

struct ivc {
	uint64_t base; /* of the window */
	uint64_t size; /* 0: the VM has no IVC device */
	struct ivc_range *used;
	struct ivc_range *spare;
	struct ivc_end ends[AXVM_MAX_IVC_CHANNELS];
};

void ivc_init(struct axvm *vm);
/* Takes down every channel of the VM. No vCPU runs. */
void ivc_close(struct axvm *vm);
/* What is left of them when nothing is mapped any more, and what the host took of the window. */
void ivc_fini(struct axvm *vm);
/* Whether the host may map a range of guest addresses: it is outside the window, or inside a part
 * that the host took. */
bool ivc_may_map(struct axvm *vm, uint64_t gpa, uint64_t size);

/* The hypercalls of the same names; a result that is not negative, or enum axvm_error. */
int64_t ivc_publish(struct axvm *vm, uint64_t key, uint64_t size);
int64_t ivc_subscribe(struct axvm *vm, uint64_t key);
int64_t ivc_size(struct axvm *vm, uint64_t key);
int64_t ivc_notify(struct axvm *vm, uint64_t key);
int64_t ivc_release(struct axvm *vm, uint64_t key);

#endif
