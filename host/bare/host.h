/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the hypervisor. */
#ifndef BARE_HOST_H
#define BARE_HOST_H

/* What the last line, "axvm: status N", says. */
enum host_status {
	STATUS_OK = 0,	  /* every guest ended by itself */
	STATUS_HOST = 1,  /* something could not be run */
	STATUS_GUEST = 3, /* a VM stopped on a fault */
	STATUS_FAULT = 5, /* the hypervisor itself has */
};

_Noreturn void host_end(enum host_status status);
/* Something that the host needs is not there: one line, then STATUS_HOST. */
_Noreturn void host_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
