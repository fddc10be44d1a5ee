/* SPDX-License-Identifier: Apache-2.0 */
/* Error codes and diagnostics. Every call that can fail returns an enum axvm_error. */
#ifndef AXVM_ERROR_H
#define AXVM_ERROR_H

#include <axvm/types.h>

/* 0 is success; the negative values are also what a guest's hypercall returns. */
enum axvm_error {
	AXVM_OK = 0,
	AXVM_ERR_INVALID_INPUT = -1,
	AXVM_ERR_BAD_STATE = -2,
	AXVM_ERR_UNSUPPORTED = -3,
	AXVM_ERR_NO_MEMORY = -4,
	AXVM_ERR_NOT_FOUND = -5,
	AXVM_ERR_ALREADY_EXISTS = -6,
	AXVM_ERR_RESOURCE_BUSY = -7,
	AXVM_ERR_BAD_ADDRESS = -8,
	AXVM_ERR_INVALID_DATA = -9,
	AXVM_ERR_IO = -10,
	AXVM_ERR_PERMISSION_DENIED = -11,
	AXVM_ERR_WOULD_BLOCK = -12,
};

/* The name of an error, for instance "INVALID_INPUT"; "UNKNOWN" for any other value. Never NULL. */
const char *axvm_strerror(enum axvm_error error);

#define AXVM_DIAG_TEXT	 96
#define AXVM_DIAG_VALUES 4

/* One number that explains an error, for instance { "size", 0x1234 }. */
struct axvm_diag_value {
	const char *name;
	uint64_t value;
};

/*
 * Why a call failed, for a person. A call that takes one fills it only when it fails; NULL is
 * always allowed. Strings behind pointers are constants.
 */
struct axvm_diag {
	enum axvm_error error;
	const char *what;	    /* what is wrong, and what would be right */
	char where[AXVM_DIAG_TEXT]; /* the field, as a path: "kernel.memory_regions[1]"; "" if none
				     */
	char other[AXVM_DIAG_TEXT]; /* the second party of a conflict, or a name; "" if none */
	struct axvm_diag_value values[AXVM_DIAG_VALUES];
	unsigned value_num;
};

/*
 * Writes a diagnostic as one line of text without a newline, "WHERE: WHAT (OTHER; name=0x12, ...)".
 *
 * buf, size  destination; always terminated when size is not 0
 * Result     the length of the whole text in bytes, also when it did not fit
 * Context    any
 */
size_t axvm_diag_format(const struct axvm_diag *diag, char *buf, size_t size);

#endif
