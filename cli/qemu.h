/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's virt board as the machine that the bare-metal hypervisor runs on. */
#ifndef QEMU_H
#define QEMU_H

#include <axvm/types.h>
#include <sys/types.h>

#include "cli.h"

struct qemu_options {
	enum axvm_arch arch;
	bool aia;		/* the board has a message-signalled interrupt controller */
	const char *hypervisor; /* its image */
	const char *cpu;	/* NULL: the board's usual one */
	unsigned cpus;
	uint64_t memory; /* bytes */
	bool icount;
	bool no_reboot; /* a VM that asks for a reset ends */
	char *const *extra;
	size_t extra_num;
};

struct qemu {
	pid_t pid;
	int line; /* the board's console: a stream socket */
};

/* The hypervisor's image for this command: `given`, or where it is built or installed. To be freed;
 * NULL: said why not. */
char *qemu_find_hypervisor(enum axvm_arch arch, const char *given);

/* Starts the board with the bundle as its initial RAM disk. The child ends with this process. */
enum cli_status qemu_start(struct qemu *qemu, const struct qemu_options *options,
			   const struct buffer *bundle);
/* The flattened device tree of the board that it would start, from the emulator itself. */
enum cli_status qemu_board_dtb(const struct qemu_options *options, struct buffer *out);
/* Ends the child, if it has not ended, and waits. Whether it ended by itself, with status 0. */
bool qemu_stop(struct qemu *qemu, bool now);

#endif
